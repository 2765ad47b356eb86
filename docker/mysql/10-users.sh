#!/bin/bash
# Runs once, when the data folder is made: one user for the application, one for its migrations.
# Passwords come from files and go to the server on standard input, so no process list shows them.
set -eu

client_settings() {
    printf '[client]\nuser=root\npassword="%s"\n' "$(sed 's/[\\"]/\\&/g' /run/secrets/mysql_root_password)"
}

sql_string() {
    printf "'%s'" "$(sed "s/[\\\\']/\\\\&/g" "$1")"
}

mysql --defaults-extra-file=<(client_settings) <<SQL
CREATE USER IF NOT EXISTS 'agentchat'@'%' IDENTIFIED BY $(sql_string /run/secrets/mysql_password);
GRANT SELECT, INSERT, UPDATE, DELETE ON \`${MYSQL_DATABASE}\`.* TO 'agentchat'@'%';
CREATE USER IF NOT EXISTS 'agentchat_migrate'@'%' IDENTIFIED BY $(sql_string /run/secrets/mysql_migration_password);
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES
    ON \`${MYSQL_DATABASE}\`.* TO 'agentchat_migrate'@'%';
SQL
