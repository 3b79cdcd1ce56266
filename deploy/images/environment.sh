#!/bin/sh
# Install axial-NAME with what it needs into /environments/NAME, as the lock has it, and see that it can be started.
set -eu

name=$1
folder=/environments/$name
[ -e "$folder" ] || python3 -m venv --without-pip "$folder"
uv pip install --quiet --compile-bytecode --only-binary :all: --constraints requirements.lock --overrides ours.txt \
    --python "$folder/bin/python" "axial-$name"
python3 /opt/vouched.py requirements.lock "$folder"
case $name in
common) module=axial.common.service ;;
cli) module=axial.cli.__main__ ;;
*) module=axial.$(echo "$name" | tr - _).app ;;
esac
"$folder/bin/python" -c "import $module"
