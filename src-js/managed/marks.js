"use strict";

/** What the platform notes in an environment's metadata. */

/** Says which archiving was the platform's own, until somebody decides otherwise. */
const ARCHIVE_TOKEN = "_paperclipManagedArchiveToken";

const MANAGED = "managedByPaperclip";
const PROVIDER = "managedSandboxProvider";
const KUBERNETES = "managedKubernetesSandbox";

/** A copy without the archive token. @param {any} value */
function withoutArchiveToken(value) {
  const copy = { ...value };
  delete copy[ARCHIVE_TOKEN];
  return copy;
}

module.exports = { ARCHIVE_TOKEN, MANAGED, PROVIDER, KUBERNETES, withoutArchiveToken };
