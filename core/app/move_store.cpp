#include "core/app/move_store.h"

#include <cleat/sdk/text.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "core/app/store_engine.h"
#include "core/app/whole_config.h"
#include "core/store/directory_lock.h"

namespace cleat::app {
namespace {

namespace fs = std::filesystem;
using store::Record;

constexpr size_t kBatchBytes = 4u << 20;

// One side of the move.
struct Side {
  std::string name;
  std::unique_ptr<EngineHost> host;  // of a plugin
  std::unique_ptr<store::Engine> engine;
};

class Move {
 public:
  Move(std::string dataDir, base::Config config) : dataDir_(std::move(dataDir)), config_(std::move(config)) {}

  Result<std::string> run(const std::string& to) {
    CLEAT_TRY(const std::string from, engineOf(folder()));
    if (from.empty()) return fail(Status::badRequest(concat(folder(), " has nothing stored in it")));
    if (from == to) return fail(Status::badRequest(concat("it is stored by ", to, " already")));
    const std::string aside = placeOf(from) + ".moved";
    std::error_code error;
    if (fs::exists(aside, error)) {
      return fail(Status::badRequest(concat(aside, " is there, from an earlier move: remove it first")));
    }
    uint64_t count = 0;
    {
      CLEAT_TRY(auto lock, store::DirectoryLock::take(folder()));
      CLEAT_TRY(Side source, open(from));
      CLEAT_TRY(Side target, open(to));
      CLEAT_TRY(count, copy(*source.engine, *target.engine, to));
    }
    CLEAT_TRY(putAside(from, aside));
    CLEAT_TRY(noteEngine(folder(), to));
    return concat("moved ", count, " changes from ", from, " to ", to, "; what was there is ", aside,
                  ". Now [store] engine has to be ", inQuotes(to));
  }

 private:
  std::string folder() const { return dataDir_ + "/store"; }
  std::string placeOf(const std::string& engine) const {
    return engine == kBuiltInEngine ? folder() + "/cleat.db" : concat(dataDir_, "/plugins/", engine);
  }

  Result<Side> open(const std::string& name) {
    Side side{name, {}, {}};
    if (name == kBuiltInEngine) {
      CLEAT_TRY(side.engine, store::openLockedSqliteEngine(folder()));
      return side;
    }
    base::Config config = config_;
    config.store.engine = name;
    CLEAT_TRY(PluginPlan plan, planServer(config));
    host::HostOptions options;
    options.dataDir = dataDir_ + "/plugins";
    CLEAT_TRY(side.host, EngineHost::start(*plan.engine, std::move(options), kinds_));
    CLEAT_TRY(side.engine, side.host->open(store::Durability::synced));
    return side;
  }

  // Every change that is kept; gives how many.
  static Result<uint64_t> copy(store::Engine& source, store::Engine& target, const std::string& to) {
    CLEAT_TRY(const uint64_t last, source.lastRevision());
    CLEAT_TRY(const uint64_t there, target.lastRevision());
    if (there != 0) return fail(Status::badRequest(concat(to, " has something stored in it, up to revision ", there)));
    std::unordered_map<std::string, uint64_t> latest;
    std::vector<std::pair<std::string, std::string>> texts;  // that the batch refers to
    std::vector<Record> batch;
    size_t bytes = 0;
    uint64_t count = 0, copied = 0;
    Result<void> written;
    auto flush = [&] {
      for (size_t i = 0; i < batch.size(); ++i) std::tie(batch[i].key, batch[i].value) = texts[i];
      if (written) written = target.write(batch);
      batch.clear();
      texts.clear();
      bytes = 0;
    };
    auto take = [&](const Record& record) {
      texts.emplace_back(record.key, record.value);
      uint64_t& before = latest[texts.back().first];
      batch.push_back(
          {{}, record.revision, {}, record.deleted, std::exchange(before, record.deleted ? 0 : record.revision)});
      bytes += record.key.size() + record.value.size();
      copied = record.revision;
      ++count;
      if (bytes >= kBatchBytes) flush();
    };
    CLEAT_TRY(source.readChanges(0, take));
    flush();
    CLEAT_TRY(written);
    if (copied != last) {
      return fail(Status::badRequest(concat("the last change, of revision ", last,
                                            ", has been given up: start the server "
                                            "once more, so that it writes, and stop it")));
    }
    CLEAT_TRY(const uint64_t horizon, source.horizon());
    CLEAT_TRY(target.compact(horizon));
    return count;
  }

  Result<void> putAside(const std::string& engine, const std::string& aside) {
    std::error_code error;
    const std::string place = placeOf(engine);
    fs::rename(place, aside, error);
    if (error) return fail(Status::internal(concat("cannot rename ", place, ": ", error.message())));
    // What SQLite has beside its file belongs to it.
    for (const char* ending : {"-wal", "-shm"}) {
      if (fs::exists(place + ending, error)) fs::rename(place + ending, aside + ending, error);
    }
    return {};
  }

  const std::string dataDir_;
  const base::Config config_;
  object::KindRegistry kinds_;
};

}  // namespace

int moveStoreCommand(const std::string& dataDir, const std::string& configFile, const std::string& to) {
  Result<base::Config> config = loadWholeConfig({configFile, {dataDir}});
  Result<std::string> done = fail(Status::internal(""));
  if (config) done = Move(dataDir, std::move(*config)).run(to);
  if (!config || !done) {
    std::fprintf(stderr, "cleat: %s\n", (config ? done.error() : config.error()).message.c_str());
    return 1;
  }
  std::printf("%s\n", done->c_str());
  return 0;
}

}  // namespace cleat::app
