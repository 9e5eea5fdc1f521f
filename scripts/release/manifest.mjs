/** The published package.json: the parts of the repository's that users need, and those that only a release has. */

/** The parts that only the repository needs. */
const LEFT_OUT = ["devDependencies", "allowScripts", "overrides"];

/**
 * @param {Record<string, any>} manifest the repository's
 * @param {string[]} platforms for which there is a package of its own
 * @returns {Record<string, any>}
 */
export function publishedManifest(manifest, platforms) {
  const published = Object.fromEntries(Object.entries(manifest).filter(([key]) => !LEFT_OUT.includes(key)));
  // A clone packs the addon that was built in it. In a release, each platform's addon is in a package of its own.
  published["files"] = manifest["files"].filter((/** @type {string} */ pattern) => pattern !== "*.node");
  published["scripts"] = { install: manifest["scripts"].install };
  // The repository's own has none, since `npm ci` would look for versions that are not published yet.
  if (platforms.length > 0) {
    published["optionalDependencies"] = Object.fromEntries(
      platforms.map((platform) => [`${manifest["name"]}-${platform}`, manifest["version"]]),
    );
  }
  return { ...published, ...repository() };
}

/** npm refuses provenance unless the package names the repository that it was built in. */
function repository() {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env;
  if (!GITHUB_REPOSITORY) return {};
  return { repository: { type: "git", url: `git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git` } };
}
