/**
 * A registry on this machine with only this project's packages, so that an installation, including the choice of the
 * platform's package, can be tested before anything is published.
 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";

/**
 * @param {import("./pack.mjs").Tarballs} tarballs
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function startRegistry({ main, byPlatform, manifests }) {
  const files = new Map([main, ...byPlatform.values()].map((file) => [path.basename(file), file]));
  const server = createServer(async (request, response) => {
    const name = decodeURIComponent(path.posix.basename(request.url ?? ""));
    const manifest = manifests.get(name);
    const file = files.get(name);
    if (manifest) {
      const { version } = manifest;
      const tarball = `${name}-${version}.tgz`;
      const dist = { tarball: url + tarball, ...(await integrity(files.get(tarball))) };
      const versions = { [version]: { ...manifest, hasInstallScript: Boolean(manifest["scripts"]), dist } };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ name, "dist-tags": { latest: version }, versions }));
    } else if (file) {
      response.end(await readFile(file));
    } else {
      response.writeHead(404).end("{}");
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const url = `http://127.0.0.1:${port}/`;
  return { url, close: () => void server.close().closeAllConnections() };
}

/** @param {string | undefined} file */
async function integrity(file) {
  if (file === undefined) return {};
  const digest = createHash("sha512").update(await readFile(file));
  return { integrity: `sha512-${digest.digest("base64")}` };
}
