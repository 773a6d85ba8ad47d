"""What is refused even when it is asked as a question: bypass of controls, values of secrets, escalation, abuse."""

import re

from workers.planner.rule import Rule, phrases

_SECRETS = phrases(
    """
    secret, secrets, password, passwords, passwd, credential, credentials, private key, api key, api keys, api token,
    api tokens, tls key, token, tokens, kubeconfig, access key, access keys, certificate key
    """
)
_FORMS = phrases(
    """
    value, values, decode, decoded, base64, base64 -d, -o yaml, yaml, json, jsonpath, plaintext, plain text, cleartext,
    clear text, reveal, dump, contents, content, decrypt, print, export, cat, send me, leak, exfiltrate, unmasked,
    in clear, in the clear, data, unencrypted, raw, readable, echo,
    env of, env vars, env variables, the env, incl, including, tell me, read me, paste
    """
)
# What is secret by itself, whatever object holds it.
_CREDENTIALS = phrases(
    """
    password, passwords, passwd, pwd, api key, api keys, apikey, private key, private keys, ssh key, signing key,
    encryption key, access key, secret key, client secret, connection string, credentials, creds, kubeconfig,
    api token,
    bearer token, access token, service account token, join token, a token, the token, auth token, db_password,
    database_url, license key, stripe key, webhook secret, passphrase, env vars with, environment secrets
    """
)
_REVEAL = phrases(
    """
    what is, what's, whats, what are, give, show, print, get, fetch, send, tell, echo, cat, read, need, reveal, share,
    copy, decode, export, dump, paste, retrieve, view, see, display, find, who has, who knows, extract, want, grab,
    look up, remind me, list, output, post, dm, where is, leak, steal, exfiltrate, mint, issue, generate, create
    """
)
_UNVEIL = phrases(
    """
    inside, contents, content, value, values, read me, what is in, what's in, whats in, show me, print, decode,
    decoded,
    cat, reveal, dump, plain, plaintext, cleartext, echo, give me, tell me, extract, paste, export, send, share,
    in clear,     base64, open, display the, see the, what is the, what's the, view the, copy of, read the
    """
)
_NO_VALUES = phrases(
    """
    no values, without values, without the values, names only, only names, only the names, just the names, just names,
    not the values, the names of, name of the, exist, exists, how many, how old, when was
    """
)
_ROTATION = phrases(
    "rotate, rotation, restart, roll, expired, expire, expires, expiring, wrong, invalid, failing, mounted, missing"
)
_WORKLOAD = phrases(
    """
    logs, log, pods, deployment, restart, scale, events, rollout, status, why, top, replicas, image, version, labels
    """
)
_VALUES_TEXT = "values of secrets are never shown or sent"
_VALUES_THEN = "names of secrets can be listed: 'list secrets in NAMESPACE'"

CONTROL: tuple[Rule, ...] = (
    Rule(
        name="control-bypass",
        groups=(
            phrases(
                "skip it, skip that, skip this, skip them, skip those, bypass it, bypass that, bypass them, waive it"
            ),
            phrases(
                "approval, approvals, approved, approver, review, checks, policy, dry-run, dry run, audit, confirmation"
            ),
        ),
        text="approvals, dry-runs, policy and the audit trail cannot be skipped from chat",
        then="ask for the change itself; the people who may approve it are named on the card",
    ),
    Rule(
        name="control-bypass",
        groups=(
            phrases(
                """
                skip, bypass, without, disable, turn off, ignore, circumvent, override, forget, drop,
                no, avoid, switch off, evade, don't need, get around, work around, auto-approve,
                self-approve, disregard, remove, suppress, don't ask, don't bother, don't wait, don't require,
                no need, not wait, dont ask, dont wait, leave out, omit, deactivate, stop, kill, mute, never ask,
                waive, sidestep, not asking, not ask
                """
            ),
            phrases(
                """
                approval, approvals, approver, guardrail, guardrails, policy, policies, dry-run, dryrun,
                dry run, safety, safeguards, checks, audit, audit log, audit trail, instructions,
                restrictions, confirmation, confirmations, rules, second person, review, protections, four eyes,
                four-eyes, two-person, logging of this, change freeze, permissions check,
                sign-off, signoff, safeguard, safety checks, asking, oversight, for approval, for approvals,
                for confirmation, for permission,
                for a review, for review
                """
            ),
        ),
        direct=True,
        unless=phrases(
            """
                network policy, network policies, networkpolicy, networkpolicies, how many, health
                checks, without any rules
                """
        ),
        text="approvals, dry-runs, policy and the audit trail cannot be skipped from chat",
        then="ask for the change itself; the people who may approve it are named on the card",
    ),
    Rule(
        name="control-bypass",
        groups=(
            phrases(
                """
                system prompt, jailbreak, audit logging off, auditing off, approvals off, guardrails off,
                dry-run off, policy off, developer mode, god mode, dan mode, you are now, pretend you,
                pretend to be, act as root, ignore previous, ignore all previous, ignore your, nobody will notice,
                approve it yourself, approve your own, approve my own, approve this for me, auto approve,
                developer override, admin mode, sudo mode, debug mode, unrestricted mode, no restrictions,
                previous instructions, prior instructions, your instructions, your rules, your prompt,
                hidden instructions, initial prompt, new persona, you have no rules, pretend that you, self approve,
                do what it says, do as it says, do what they say, do what he says, follow its instructions,
                follow those instructions, obey, follow the instructions, execute what it, run what it says,
                my grandma, my grandmother, new system message, system override, unrestricted, approve itself,
                approve my request, as the approver, approve on behalf, forge, backdate, delete the audit, tamper,
                without telling, keep this off the record, off the record, don't log
                """
            ),
        ),
        text="what Kubechat may do is set by its policy file, not by a message",
    ),
    Rule(
        name="secret-values",
        groups=(_SECRETS, _FORMS),
        unless=_NO_VALUES,
        text=_VALUES_TEXT,
        then=_VALUES_THEN,
    ),
    Rule(
        name="secret-values",
        groups=(_CREDENTIALS, _REVEAL),
        unless=(*_NO_VALUES, *_ROTATION),
        text=_VALUES_TEXT,
        then=_VALUES_THEN,
    ),
    Rule(
        name="secret-values",
        shape=re.compile(
            r"[a-z0-9.-]*(?:secret|credential|passw|password|token|api-?key|private-?key|tls-|-cert)[a-z0-9.-]*"
        ),
        groups=(_UNVEIL,),
        unless=(*_NO_VALUES, *_ROTATION, *_WORKLOAD),
        text=_VALUES_TEXT,
        then=_VALUES_THEN,
    ),
    Rule(
        name="privilege-escalation",
        groups=(
            phrases(
                """
                cluster-admin, clusteradmin, cluster admin, --privileged, privileged, hostpid, hostnetwork,
                hostipc, sudo, root access, root shell, make me admin, make me an admin, grant me, grant admin,
                grant everyone, give me admin, give me full, give everyone, full access, admin rights, admin access,
                admin permissions, admin privileges, superuser, super user, system:masters, impersonate, act as,
                as root, as admin, escalate, elevate, elevated, wildcard permissions, all permissions, add me to,
                bind me, promote me, host filesystem, host namespace, docker socket, nsenter,
                cap_sys_admin, runasuser 0, kubelet credentials, more rights, more permissions, become admin
                """
            ),
        ),
        text="rights are given in the cluster's RBAC, not from chat",
    ),
    Rule(
        name="abuse",
        groups=(
            phrases(
                """
                crypto miner, miner, miners, mine bitcoin, mine monero, mine crypto, mine ethereum, bitcoin, monero,
                cryptomining, mining, xmrig, ddos, dos attack, botnet, reverse shell, bind shell, backdoor, keylogger,
                exfiltrate, fork bomb, ransomware, malware, rootkit, rm -rf, dd if, mkfs, customer database,
                customer data, customer records, customers' data, user database, port scan, portscan, nmap,
                brute force,
                brute-force, to flood, and flood, flood the, spam, phishing, sniff, wiretap, launch an attack,
                attack the, hack, hack into, exploit, steal the, steal our, steal data, sabotage,
                spy on, crash the competitor, competitor, competitors, competitor's, personal data, credit cards,
                credit card, /etc/shadow, /etc/passwd
                """
            ),
        ),
        text="this is not something Kubechat does",
    ),
)
