"use strict";

// As a compiler makes it of a module with a default export.
Object.defineProperty(exports, "__esModule", { value: true });
exports.default = async () => {};

// Open for ever: the command ends nevertheless.
setInterval(() => {}, 1_000);
