// What each role has to answer, and how: the part of `cleat plugin check` that knows the roles. Each function asks the
// plugin of the run, writes into its report and leaves calls with it.
#pragma once

#include "core/app/check/check_run.h"

namespace cleat::app {

void checkAdmission(CheckRun& run);
void checkAuthenticator(CheckRun& run);
void checkAuthorizer(CheckRun& run);
void checkKinds(CheckRun& run);
void checkHttpHandler(CheckRun& run);
void checkFlowControl(CheckRun& run);
void checkSchedulerExtension(CheckRun& run);
void checkAudit(CheckRun& run);
void checkNotices(CheckRun& run);
void checkStoreEngine(CheckRun& run);
void checkAddon(CheckRun& run);
// Drivers of volumes and devices are asked what they have, to undo what was never done, and for what there is not.
void checkVolume(CheckRun& run);
void checkDeviceDriver(CheckRun& run);
// Runtimes, networks and proxies look after a machine. They are asked how they are and nothing else.
void checkMachineRole(CheckRun& run, MethodId status);

// Whether an answer to a well-formed request is a refusal that says why, or an answer; notes it under `check` if not.
bool isOrderly(CheckRun& run, std::string_view check, const std::string& asked, const host::RoleAnswer& answer);

// The first kinds that come to mind, so that what is asked is what users ask: in the order of the population, and the
// others behind them. "*" is any group or resource.
std::vector<object::KindRef> usualKinds(CheckRun& run, std::string_view group, std::string_view resource, size_t most);

// What differs between two texts, with a little of what stands before.
std::string difference(const std::string& before, const std::string& now);

void fillRef(wire::ResourceRef::Builder ref, const object::Kind& kind, const std::string& ns, const std::string& name,
             const std::string& subresource = {});
void fillUser(role::User::Builder user);

}  // namespace cleat::app
