"use strict";

/** The platform's own keys in an environment's metadata. */

/** Marks an archiving as the platform's own, until an operator changes the status. */
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
