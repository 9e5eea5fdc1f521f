"use strict";

/**
 * What is told to those who listen on Node's `diagnostics_channel`: one event for each call, when it has
 * its outcome. It holds no value of the call or of its answer, and costs nothing while nobody listens.
 */

const { channel } = require("node:diagnostics_channel");

const callChannel = channel("paperclip-environment-service:call");

module.exports = { callChannel };
