"use strict";

/**
 * Which connections belong to which source: one pool for a source, however often it is given.
 */

const { Connections } = require("./connections");
const { resolveSource } = require("./source");

/**
 * The connections of sources that are objects (a postgres.js `sql`, a `pg.Pool`), by the options
 * of the service. They are let go with the source.
 *
 * @type {WeakMap<object, Map<string, InstanceType<typeof Connections>>>}
 */
const byOwner = new WeakMap();

/**
 * The connections of sources that are settings. They are let go when no service uses them.
 *
 * @type {Map<string, WeakRef<InstanceType<typeof Connections>>>}
 */
const bySettings = new Map();

const forgetting = new FinalizationRegistry((/** @type {string} */ key) => {
  if (bySettings.get(key)?.deref() === undefined) bySettings.delete(key);
});

/**
 * @param {unknown} source
 * @param {unknown} options
 * @returns {InstanceType<typeof Connections>}
 */
function connectionsOf(source, options) {
  const resolved = resolveSource(source, options);
  const { owner, key } = resolved;
  if (owner === null) {
    const known = bySettings.get(key)?.deref();
    if (known !== undefined) return known;
    const connections = new Connections(resolved);
    bySettings.set(key, new WeakRef(connections));
    forgetting.register(connections, key);
    return connections;
  }
  let ofOwner = byOwner.get(owner);
  if (ofOwner === undefined) byOwner.set(owner, (ofOwner = new Map()));
  let connections = ofOwner.get(key);
  if (connections === undefined) ofOwner.set(key, (connections = new Connections(resolved)));
  return connections;
}

module.exports = { connectionsOf };
