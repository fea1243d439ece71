"""Runs stock aws commands, each in a process of its own, without loading the
program anew for each: reads a JSON list of arguments a line, and answers with
[exit status, what it printed on both streams]. Needs aws v1, which is Python.
"""
import gc, json, os, sys
import awscli.clidriver, botocore.loaders

print(os.path.join(os.path.dirname(awscli.__file__), "examples"), flush=True)

# Reading AWS's models, of some megabytes, is most of the work of a command: here
# it is done once.
load, loaded = botocore.loaders.JSONFileLoader.load_file, {}


def load_once(self, path):
    if path not in loaded:
        loaded[path] = load(self, path)
    return loaded[path]


botocore.loaders.JSONFileLoader.load_file = load_once
for service in ("ec2", "iam", "s3", "ssm", "sts"):
    awscli.clidriver.create_clidriver().session.get_service_model(service)
gc.freeze()

for line in sys.stdin:
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(w, 1), os.dup2(w, 2)
        sys.argv = ["aws"] + json.loads(line)
        try:
            code = awscli.clidriver.main()
        except SystemExit as e:
            code = e.code
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(code or 0)
    os.close(w)
    with os.fdopen(r, "rb") as f:
        out = f.read()
    print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), out.decode()]), flush=True)
