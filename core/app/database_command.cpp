#include "core/app/database_command.h"

#include <cleat/sdk/text.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <tuple>

#include "core/app/store_engine.h"
#include "core/store/encryption/value_cipher.h"
#include "core/store/sqlite.h"

namespace cleat::app {
namespace {

// How many values of a resource are stored in a form: those that are live, and those of the past.
using Form = std::tuple<std::string, std::string, std::string>;  // resource, provider, key
struct Count {
  size_t live = 0, past = 0;
};

// "/registry/secrets/default/a" → "secrets"
std::string resourceOf(std::string_view key) {
  key.remove_prefix(std::min(key.size(), std::string_view("/registry/").size()));
  return std::string(key.substr(0, key.find('/')));
}

Result<std::map<Form, Count>> countForms(const std::string& file) {
  // Enough for the longest prefix there is.
  constexpr const char* kRead =
      "SELECT key, CAST(substr(CAST(value AS BLOB), 1, 512) AS TEXT),"
      " deleted = 0 AND revision NOT IN (SELECT previous FROM log) FROM log";
  CLEAT_TRY(const auto database, store::Database::open(file));
  CLEAT_TRY(store::Statement rows, database->prepare(kRead));
  std::map<Form, Count> counts;
  for (;;) {
    CLEAT_TRY(const bool row, rows.step());
    if (!row) return counts;
    const store::StoredForm form = store::storedFormOf(rows.text(1));
    Count& count = counts[{resourceOf(rows.text(0)), std::string(form.provider), std::string(form.key)}];
    ++(rows.number(2) != 0 ? count.live : count.past);
  }
}

}  // namespace

int databaseStatusCommand(const std::string& dataDir) {
  const std::string file = dataDir + "/store/cleat.db";
  Result<std::map<Form, Count>> counts = fail(Status::badRequest("there is no " + file));
  if (const Result<std::string> engine = engineOf(dataDir + "/store");
      engine && !engine->empty() && *engine != kBuiltInEngine) {
    counts = fail(
        Status::badRequest(concat("it is stored by the plugin ", *engine, ", which keeps it in forms of its own")));
  } else if (std::filesystem::exists(file))
    counts = countForms(file);
  if (!counts) {
    std::fprintf(stderr, "cleat: %s\n", counts.error().message.c_str());
    return 1;
  }
  std::printf("%-48s %-10s %-24s %9s %9s\n", "RESOURCE", "PROVIDER", "KEY", "OBJECTS", "PAST");
  for (const auto& [form, count] : *counts) {
    const auto& [resource, provider, key] = form;
    std::printf("%-48s %-10s %-24s %9zu %9zu\n", resource.c_str(), provider.c_str(), key.empty() ? "-" : key.c_str(),
                count.live, count.past);
  }
  return 0;
}

}  // namespace cleat::app
