// Written by the build from src/paperclip/, never by hand.
"use strict";

/** Maintenance: from the columns of a reply to what callers get. One object literal a row, so that all
 * have one shape, with the keys in their order. */

const { at, dateOrNull } = require("../reply");

/** @typedef {import("../reply").Columns} Columns */

module.exports = {
  /** The tables that the generation fits, as `src/paperclip/found.rs` names them: any. */
  fits: "",

  /** The methods whose calls about the same row, which their first argument names, take effect in order. */
  ordered: new Set([]),

  /** @param {Columns} columns @param {number} row */
  lease(columns, row) {
    return {
      id: at(columns[0], row),
      companyId: at(columns[1], row),
      environmentId: at(columns[2], row),
      executionWorkspaceId: at(columns[3], row),
      issueId: at(columns[4], row),
      heartbeatRunId: at(columns[5], row),
      status: at(columns[6], row),
      leasePolicy: at(columns[7], row),
      provider: at(columns[8], row),
      providerLeaseId: at(columns[9], row),
      acquiredAt: new Date(at(columns[10], row)),
      lastUsedAt: new Date(at(columns[11], row)),
      expiresAt: dateOrNull(at(columns[12], row)),
      releasedAt: dateOrNull(at(columns[13], row)),
      failureReason: at(columns[14], row),
      cleanupStatus: at(columns[15], row),
      metadata: at(columns[16], row),
      createdAt: new Date(at(columns[17], row)),
      updatedAt: new Date(at(columns[18], row)),
      about: at(columns[19], row),
    };
  },

  /** @param {Columns} columns @param {number} row */
  fact(columns, row) {
    return { about: at(columns[0], row) };
  },
};
