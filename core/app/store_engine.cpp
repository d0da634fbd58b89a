#include "core/app/store_engine.h"

#include <cleat/schema/role/store_engine.methods.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include "core/app/wait.h"
#include "core/base/log.h"

namespace cleat::app {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;
using store::Record;

// Of the values in one message; one that is larger goes alone.
constexpr size_t kPartBytes = 4u << 20;
constexpr int64_t kEngineCallNs = 30'000'000'000;
// For so long a write waits for an engine that is being started again or replaced.
constexpr auto kEnginePatience = std::chrono::seconds(10);
constexpr auto kBetweenEngineTries = std::chrono::milliseconds(20);

// Its plugin is not there, or has not been opened since it was started: it may be, soon.
bool mayPass(const Status& status) { return status.code == 409 || status.code == 503 || status.code == 504; }

class PluginEngine final : public store::Engine {
 public:
  PluginEngine(host::PluginHost& host, std::string plugin, store::Durability durability)
      : host_(host), plugin_(std::move(plugin)), unsynced_(durability == store::Durability::none) {}

  Result<void> open();
  Result<uint64_t> lastRevision() override { return last_; }
  Result<uint64_t> horizon() override { return horizon_; }
  Result<void> write(std::span<const Record> batch) override;
  Result<void> readChanges(uint64_t after, const std::function<void(const Record&)>& visit) override;
  Result<uint64_t> note(std::string_view name) override;
  Result<void> setNote(std::string_view name, uint64_t value) override;
  Result<void> compact(uint64_t revision) override;

 private:
  template <class P, class R, class F>
  Result<gate::RoleAnswer> ask(Method<P, R> method, F fill) {
    gate::RoleCall call = gate::makeCall(method, std::move(fill));
    call.timeoutNs = kEngineCallNs;
    gate::RoleAnswer answer = wait(host_.call(plugin_, std::move(call)));
    if (answer.status == CLEAT_OK) return answer;
    isOpen_ = false;
    if (answer.error) return fail(std::move(*answer.error));
    return fail(Status::internal(concat("plugin ", plugin_, " does not say why")));
  }

  // Until it is done, fails for good, or patience ends. What is tried may be done twice.
  template <class F>
  Result<void> insist(F attempt) {
    const auto until = steady_clock::now() + kEnginePatience;
    for (;;) {
      Result<void> done = isOpen_ ? Result<void>() : open();
      if (done) done = attempt();
      if (done || !mayPass(done.error()) || steady_clock::now() > until) return done;
      std::this_thread::sleep_for(kBetweenEngineTries);
    }
  }

  Result<void> writeParts(std::span<const Record> batch);

  host::PluginHost& host_;
  const std::string plugin_;
  const bool unsynced_;
  bool isOpen_ = false;
  bool wasOpen_ = false;
  uint64_t last_ = 0, horizon_ = 0;
};

Result<void> PluginEngine::open() {
  auto fill = [this](role::OpenStoreParams::Builder params) {
    params.setUnsynced(unsynced_);
    params.setHasKnown(wasOpen_);
    params.setKnown(last_);
  };
  CLEAT_TRY(const gate::RoleAnswer answer, ask(role::storeEngine::open, fill));
  const auto found = gate::resultsOf(role::storeEngine::open, answer);
  if (wasOpen_ && found.getLastRevision() != last_) {
    return fail(Status::internal(concat("plugin ", plugin_, " has not what it was given: its last revision is ",
                                        found.getLastRevision(), ", and ", last_, " was written")));
  }
  if (!wasOpen_) horizon_ = found.getHorizon();
  last_ = found.getLastRevision();
  wasOpen_ = isOpen_ = true;
  return {};
}

void setRecord(role::StoreRecord::Builder to, const Record& from) {
  to.setKey(kj::StringPtr(std::string(from.key).c_str()));
  to.setRevision(from.revision);
  to.setReplaces(from.replaces);
  to.setDeleted(from.deleted);
  to.setValue({reinterpret_cast<const kj::byte*>(from.value.data()), from.value.size()});
}

Result<void> PluginEngine::writeParts(std::span<const Record> batch) {
  bool isFirst = true;
  while (!batch.empty()) {
    size_t count = 0, bytes = 0;
    while (count < batch.size() && (count == 0 || bytes + batch[count].value.size() <= kPartBytes)) {
      bytes += batch[count++].value.size();
    }
    const std::span<const Record> part = batch.first(count);
    batch = batch.subspan(count);
    auto fill = [&](role::WriteStoreParams::Builder params) {
      auto records = params.initRecords(static_cast<unsigned>(part.size()));
      for (unsigned i = 0; i < records.size(); ++i) setRecord(records[i], part[i]);
      params.setIsFirst(isFirst);
      params.setIsLast(batch.empty());
    };
    CLEAT_TRY(ask(role::storeEngine::write, fill));
    isFirst = false;
  }
  return {};
}

Result<void> PluginEngine::write(std::span<const Record> batch) {
  if (batch.empty()) return {};
  auto attempt = [&] { return writeParts(batch); };
  CLEAT_TRY(insist(attempt));
  last_ = batch.back().revision;
  return {};
}

Result<void> PluginEngine::readChanges(uint64_t after, const std::function<void(const Record&)>& visit) {
  for (bool ended = false; !ended;) {
    auto attempt = [&]() -> Result<void> {
      auto fill = [&](role::ReadStoreParams::Builder params) {
        params.setAfter(after);
        params.setMostBytes(kPartBytes);
      };
      CLEAT_TRY(const gate::RoleAnswer answer, ask(role::storeEngine::read, fill));
      const auto found = gate::resultsOf(role::storeEngine::read, answer);
      for (auto record : found.getRecords()) {
        if (record.getRevision() <= after) {
          return fail(Status::internal(
              concat("plugin ", plugin_, " gives changes out of order, at revision ", record.getRevision())));
        }
        after = record.getRevision();
        const auto value = record.getValue();
        visit(Record{view(record.getKey()),
                     after,
                     {reinterpret_cast<const char*>(value.begin()), value.size()},
                     record.getDeleted()});
      }
      ended = found.getEnded() || found.getRecords().size() == 0;
      return {};
    };
    CLEAT_TRY(insist(attempt));
  }
  return {};
}

Result<uint64_t> PluginEngine::note(std::string_view name) {
  uint64_t value = 0;
  auto attempt = [&]() -> Result<void> {
    auto fill = [&](role::StoreNoteParams::Builder params) { params.setName(std::string(name)); };
    CLEAT_TRY(const gate::RoleAnswer answer, ask(role::storeEngine::note, fill));
    value = gate::resultsOf(role::storeEngine::note, answer).getValue();
    return {};
  };
  CLEAT_TRY(insist(attempt));
  return value;
}

Result<void> PluginEngine::setNote(std::string_view name, uint64_t value) {
  auto attempt = [&]() -> Result<void> {
    auto fill = [&](role::SetStoreNoteParams::Builder params) {
      params.setName(std::string(name));
      params.setValue(value);
    };
    CLEAT_TRY(ask(role::storeEngine::setNote, fill));
    return {};
  };
  return insist(attempt);
}

Result<void> PluginEngine::compact(uint64_t revision) {
  auto attempt = [&]() -> Result<void> {
    auto fill = [&](role::CompactStoreParams::Builder params) { params.setRevision(revision); };
    CLEAT_TRY(ask(role::storeEngine::compact, fill));
    return {};
  };
  CLEAT_TRY(insist(attempt));
  horizon_ = std::max(horizon_, revision);
  return {};
}

}  // namespace

Result<std::string> engineOf(const std::string& folder) {
  std::error_code error;
  if (!fs::exists(folder + "/engine", error)) return fs::exists(folder + "/cleat.db", error) ? kBuiltInEngine : "";
  CLEAT_TRY(std::string name, readFile(folder + "/engine"));
  while (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

Result<void> noteEngine(const std::string& folder, const std::string& engine) {
  return writeFile(folder + "/engine", engine + "\n", 0600);
}

Result<void> claimStore(const std::string& folder, const std::string& engine) {
  CLEAT_TRY(const std::string before, engineOf(folder));
  if (before == engine) return {};
  if (before.empty()) return engine == kBuiltInEngine ? Result<void>() : noteEngine(folder, engine);
  return fail(Status::badRequest(concat("what is in ", folder, " was stored by the engine ", inQuotes(before),
                                        ", and store.engine is ", inQuotes(engine), ": say engine = ", inQuotes(before),
                                        ", or move it by `cleat db move --to ", engine, "`")));
}

Result<std::unique_ptr<EngineHost>> EngineHost::start(host::PluginSpec spec, host::HostOptions options,
                                                      object::KindRegistry& kinds) {
  auto made = std::unique_ptr<EngineHost>(new EngineHost(spec.name));
  made->executor_ = std::make_unique<base::AsioExecutor>(base::AsioExecutorOptions{.threads = 1, .blockingThreads = 2});
  made->host_ = std::make_unique<host::PluginHost>(*made->executor_, kinds, std::move(options));
  CLEAT_TRY(wait(made->host_->load(std::move(spec))));
  return made;
}

EngineHost::~EngineHost() {
  if (!host_) return;
  wait(host_->stop());
  host_.reset();
}

Result<std::unique_ptr<store::Engine>> EngineHost::open(store::Durability durability) {
  auto engine = std::make_unique<PluginEngine>(*host_, plugin_, durability);
  CLEAT_TRY(engine->open());
  return std::unique_ptr<store::Engine>(std::move(engine));
}

}  // namespace cleat::app
