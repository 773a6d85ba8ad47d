"""The database: tables, migrations, one transaction per change."""
