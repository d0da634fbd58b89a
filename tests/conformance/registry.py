"""A registry for the tests that pull: what they pull always is in it, and the nodes take it for the one in the images' names."""

import json
import os
import subprocess
import time

ADDRESS = '172.31.255.1:5000'
NAMED = 'registry.k8s.io'
# Tests with `imagePullPolicy: Always` use these; all others find the imported ones.
PULLED = ('e2e-test-images/agnhost', 'e2e-test-images/kitten')


class Registry:
    """`inside`: the words that run a command where the server is. `folder` is there, and goes with the cluster."""

    def __init__(self, folder, inside):
        self.folder = folder
        self.inside = inside
        self.process = None

    def configuration(self, given):
        """The file for the server and the nodes: what is in the given one, if any, and where the registry is."""
        mirror = os.path.join(self.folder, 'registries.conf')
        with open(mirror, 'w') as out:
            out.write(f'[[registry]]\nprefix = "{NAMED}"\nlocation = "{NAMED}"\n\n'
                      f'[[registry.mirror]]\nlocation = "{ADDRESS}"\ninsecure = true\n')
        section, line = '[plugins.runtime-oci]', f'registries_conf = "{mirror}"'
        text = open(given).read() if given else ''
        text = text.replace(section, f'{section}\n{line}') if section in text else f'{text}\n{section}\n{line}\n'
        path = os.path.join(self.folder, 'conformance.toml')
        with open(path, 'w') as out:
            out.write(text)
        return path

    def serve(self, images):
        """`images`: an OCI layout."""
        settings = os.path.join(self.folder, 'registry.yml')
        with open(settings, 'w') as out:
            out.write(f'version: 0.1\nstorage:\n  filesystem: {{rootdirectory: {self.folder}/registry}}\nhttp: {{addr: "{ADDRESS}"}}\n')
        with open(os.path.join(self.folder, 'registry.log'), 'w') as log:
            self.process = subprocess.Popen([*self.inside, 'docker-registry', 'serve', settings], stdout=log, stderr=log)
        self.await_answer()
        with open(os.path.join(images, 'index.json')) as index:
            manifests = json.load(index)['manifests']
        for manifest in manifests:
            name = manifest['annotations']['io.containerd.image.name'].removeprefix(NAMED + '/')
            if name.startswith(PULLED):
                reference = manifest['annotations']['org.opencontainers.image.ref.name']
                subprocess.run([*self.inside, 'skopeo', 'copy', '--quiet', '--insecure-policy', '--dest-tls-verify=false',
                                f'oci:{images}:{reference}', f'docker://{ADDRESS}/{name}'], check=True)

    def await_answer(self):
        for _ in range(100):
            asked = subprocess.run([*self.inside, 'curl', '-sf', f'http://{ADDRESS}/v2/'], stdout=subprocess.DEVNULL)
            if asked.returncode == 0:
                return
            time.sleep(0.1)
        raise subprocess.CalledProcessError(1, 'docker-registry')

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
