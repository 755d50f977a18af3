#!/bin/sh
# Trains all examples again, in an environment of its own; their files should not change.
set -eu
cd "$(dirname "$0")"
venv="${TMPDIR:-/tmp}/model-platform-examples-venv"
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --only-binary :all: --requirement requirements.txt
for folder in iris disease-progression; do
  (cd "$folder" && "$venv/bin/python" train.py)
  echo "$folder: $(grep '^evaluation:' "$folder/model.yaml")"
done
