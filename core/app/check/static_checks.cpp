#include "core/app/check/static_checks.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/app/attach/rights.h"
#include "core/app/check/exported_symbols.h"
#include "core/app/installation.h"
#include "core/base/did_you_mean.h"
#include "core/host/loading/carried_interfaces.h"
#include "core/host/loading/signature.h"
#include "core/host/role_interfaces.h"

namespace cleat::app {
namespace {

const std::vector<std::string>& knownRoles() {
  static const std::vector<std::string> roles = {
      "kinds",         "authenticator",       "authorizer",   "admission", "audit", "controller",
      "scheduler",     "scheduler-extension", "runtime",      "network",   "proxy", "volume",
      "device-driver", "http-handler",        "flow-control", "notices",   "addon", "store-engine"};
  return roles;
}

void checkManifest(const CheckSubject& subject, CheckReport& report) {
  // Roles that the program itself does not ask.
  constexpr std::pair<const char*, const char*> learned[] = {{"runtime", "runtime"},
                                                             {"network", "network"},
                                                             {"volume", "volume"},
                                                             {"device-driver", "deviceDriver"},
                                                             {"scheduler-extension", "schedulerExtension"}};
  const host::Manifest& manifest = subject.manifest;
  std::vector<std::string> brought;
  if (auto carried = host::readInterfaces(subject.spec.file); !carried) {
    report.fail("interfaces", carried.error().message);
  } else {
    for (const host::CarriedInterface& interface : *carried) brought.push_back(interface.role);
    if (auto known = host::learnInterfaces(*carried, subject.spec.file); !known) {
      report.fail("interfaces", concat(known.error().message, ": methods are only ever added, at the end"));
    }
  }
  for (const auto& [role, space] : learned) {
    if (!manifest.fills(role) || std::ranges::find(brought, role) != brought.end()) continue;
    report.fail("interfaces", concat("the program learns of the role ", role,
                                     " from the plugins that fill it, and this "
                                     "file does not say what it is: CLEAT_BRINGS(cleat::role::",
                                     space, ")"));
  }
  report.okUnlessFailed("interfaces");
  if (manifest.roles.empty()) report.fail("manifest", "it fills no role: .roles names them");
  for (const std::string& role : manifest.roles) {
    if (std::ranges::find(knownRoles(), role) != knownRoles().end()) continue;
    if (std::ranges::find(brought, role) != brought.end()) continue;
    report.fail("manifest", concat("nobody knows the role ", role, base::didYouMean(role, knownRoles()),
                                   " (one of your own comes with its interface: CLEAT_BRINGS)"));
  }
  for (const char* maturity : {"alpha", "beta", "stable", ""}) {
    if (manifest.maturity == maturity) break;
    if (*maturity == '\0')
      report.fail("manifest", concat("its maturity is ", manifest.maturity, ": alpha, beta or stable"));
  }
  report.okUnlessFailed("manifest", concat("ABI ", manifest.abiMajor, ".", manifest.abiMinor, ", this program has ",
                                           CLEAT_ABI_MAJOR, ".", CLEAT_ABI_MINOR));
}

void checkGrantLines(const host::Manifest& manifest, CheckReport& report) {
  for (const Right& right : rightsIn(manifest.grants)) {
    if (std::ranges::find(knownVerbs(), right.verb) != knownVerbs().end()) continue;
    report.fail("grants", concat("no request has the verb ", right.verb, base::didYouMean(right.verb, knownVerbs())));
  }
}

void checkSymbols(const std::string& file, CheckReport& report) {
  auto symbols = exportedSymbols(file);
  if (!symbols) return report.fail("symbols", symbols.error().message);
  std::erase(*symbols, CLEAT_PLUGIN_SYMBOL);
  if (symbols->empty()) return report.ok("symbols", "it exports " CLEAT_PLUGIN_SYMBOL " alone");
  report.fail("symbols",
              concat("beside " CLEAT_PLUGIN_SYMBOL " it exports ", symbols->size(), " more, such as ", symbols->front(),
                     ": link with a version script that names that one alone (cleat_add_plugin does), as "
                     "-fvisibility=hidden leaves out what comes with the standard library"));
}

}  // namespace

Result<CheckSubject> subjectOf(const base::Config& config, const std::string& file, const std::string& settings) {
  CheckSubject subject;
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(file, error).string();
  CLEAT_TRY(subject.manifest, host::readManifest(absolute));
  base::Config own = config;
  const std::string& name = subject.manifest.name;
  if (!settings.empty()) {
    own.plugins.tables.erase(name);
    CLEAT_TRY(base::parseOver(own, concat("[plugins.", name, "]\n", settings, "\n"), "--toml"));
  }
  own.plugins.tables[name].path = absolute;
  subject.spec = pluginSpec(own, name);
  CLEAT_TRY(host::checkSettings(subject.manifest, subject.spec.settings));
  if (subject.spec.signedBy) CLEAT_TRY(host::verifyPlugin(absolute, *subject.spec.signedBy));
  return subject;
}

const char* whereItRuns(const CheckSubject& subject) {
  return !subject.spec.isolated     ? "into the server's process"
         : subject.spec.confinement ? "into a process of its own that is confined"
                                    : "into a process of its own that is not confined";
}

void checkFile(const CheckSubject& subject, CheckReport& report) {
  checkManifest(subject, report);
  checkGrantLines(subject.manifest, report);
  checkSymbols(subject.spec.file, report);
}

}  // namespace cleat::app
