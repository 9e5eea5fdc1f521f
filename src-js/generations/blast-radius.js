"use strict";

/** Describes what refers to an environment. @param {any} uses what `src/paperclip/instance/find.rs` counts */
function blastRadius(uses) {
  const isInstanceDefault = uses.instanceDefaults > 0;
  const holders = uses.holders.map(holder);
  const deleteBlockedReasons = [
    ...(uses.isLocal ? ["managed_local"] : []),
    ...(isInstanceDefault ? ["instance_default"] : []),
    ...(uses.pendingCleanups > 0 ? ["pending_sandbox_cleanup"] : []),
    ...(holders.length > 0 ? ["reusable_sandbox_lease"] : []),
  ];
  return {
    environmentId: uses.environmentId,
    canDelete: deleteBlockedReasons.length === 0,
    deleteBlockedReasons,
    pendingCleanupLeaseCount: uses.pendingCleanups,
    reusableSandboxLeaseCount: holders.length,
    reusableSandboxLeaseHolders: holders,
    staticReferences: {
      isManagedLocal: uses.isLocal,
      isInstanceDefault,
      agentDefaultCount: uses.agentDefaults,
      executionWorkspaceSelectionCount: uses.executionWorkspaces,
      issueSelectionCount: uses.issues,
      projectSelectionCount: uses.projects,
      secretBindingCount: uses.secretBindings,
    },
    activeRuntimeUse: {
      activeLeaseCount: uses.activeLeases,
      activeCustomImageSetupSessionCount: uses.setupSessions,
      hasActiveRuntimeUse: uses.activeLeases > 0 || uses.setupSessions > 0,
    },
  };
}

/** @param {(string | null)[]} holder */
function holder([leaseId, executionWorkspaceId, executionWorkspaceName, ...issue]) {
  const [issueId, issueIdentifier, issueTitle] = issue;
  return { leaseId, executionWorkspaceId, executionWorkspaceName, issueId, issueIdentifier, issueTitle };
}

module.exports = { blastRadius };
