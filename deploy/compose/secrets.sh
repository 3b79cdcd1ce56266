#!/bin/sh
# Make the secrets of an archive, each in its file under ./secrets (or the folder named). What is there, stays.
set -eu

folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
# The folder is closed; its files are read in containers by users with other numbers.
chmod 700 "$folder"
cd "$folder"
umask 022

random() {
    # Letters and digits alone: none of them means anything in a URL, in JSON or in a configuration file.
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

keep() {
    # Whole or not at all: a reader must not find half of it.
    [ -e "$1" ] || { cat >"$1.new" && mv "$1.new" "$1"; }
}

for name in axial_internal_token axial_edge_token axial_blob_access_key axial_blob_secret_key postgres_password \
    nats_password user_password grafana_admin_password; do
    random | keep "$name"
done
printf 'postgresql://axial:%s@postgres:5432/axial' "$(cat postgres_password)" | keep axial_database_url
printf 'nats://axial:%s@nats:4222' "$(cat nats_password)" | keep axial_nats_url
printf 'authorization { user: axial, password: "%s" }\n' "$(cat nats_password)" | keep nats_users.conf
printf '{"identities": [{"name": "axial", "credentials": [{"accessKey": "%s", "secretKey": "%s"}],
  "actions": ["Admin", "Read", "List", "Tagging", "Write"]}]}\n' \
    "$(cat axial_blob_access_key)" "$(cat axial_blob_secret_key)" | keep seaweedfs_s3.json
keep axial.json <<EOF
{
  // Axial's configuration, in Orthanc's format; docs/configuration.md lists the options.
  "Name": "Axial",
  "RegisteredUsers": { "axial": "$(cat user_password)" }
}
EOF
echo "Secrets are in $PWD. User axial has the password in user_password."
