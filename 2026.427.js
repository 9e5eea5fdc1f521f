"use strict";

// The same factory as the package itself: releases up to 2026.609 are what `index.js` is for.
exports.environmentService = require("./index").environmentService;
