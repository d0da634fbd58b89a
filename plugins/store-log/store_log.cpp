// store-log: keeps the server's store as a log in plain files of its own folder, in place of the built-in database.
#include <cleat/schema/role/store_engine.interface.h>
#include <cleat/schema/role/store_engine.role.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <memory>
#include <string>
#include <vector>

#include "log_store.h"

namespace cleat::storelog {
namespace {

class StoreLog : public RolePlugin<role::StoreEngineRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    const int64_t segment = config().integer("segment_bytes"), merge = config().integer("merge_from");
    if (segment < 4096 || segment > int64_t{1} << 30) {
      co_return fail(Status::badRequest("segment_bytes: must be between 4096 and 1073741824"));
    }
    if (merge < 1) co_return fail(Status::badRequest("merge_from: must be 1 at least"));
    store_ = std::make_unique<LogStore>(
        LogOptions{config().dataDir(), static_cast<uint64_t>(segment), static_cast<size_t>(merge)});
    co_return Result<void>();
  }

  void stop() override {
    if (store_) store_->close();
  }

  Task<Result<void>> open(role::OpenStoreParams::Reader params, Call<role::OpenStoreResults>& call) override {
    forgetBatch();
    std::optional<uint64_t> known;
    if (params.getHasKnown()) known = params.getKnown();
    CLEAT_CO_TRY(store_->open(params.getUnsynced(), known));
    call.results().setLastRevision(store_->lastRevision());
    call.results().setHorizon(store_->horizon());
    co_return Result<void>();
  }

  Task<Result<void>> write(role::WriteStoreParams::Reader params, Call<void>&) override {
    CLEAT_CO_TRY(mustBeOpen());
    if (params.getIsFirst()) forgetBatch();
    for (auto record : params.getRecords()) {
      const auto value = record.getValue();
      if (batch_.empty()) first_ = record.getRevision();
      last_ = record.getRevision();
      addChange(batch_, {view(record.getKey()),
                         last_,
                         record.getReplaces(),
                         record.getDeleted(),
                         {reinterpret_cast<const char*>(value.begin()), value.size()}});
    }
    if (!params.getIsLast()) co_return Result<void>();
    const std::string batch = std::exchange(batch_, std::string());
    if (batch.empty()) co_return Result<void>();
    if (first_ <= store_->lastRevision())
      co_return fail(Status::badRequest(concat("revision ", first_, " is not new")));
    co_return store_->append(batch, first_, last_);
  }

  Task<Result<void>> read(role::ReadStoreParams::Reader params, Call<role::ReadStoreResults>& call) override {
    CLEAT_CO_TRY(mustBeOpen());
    struct Kept {
      std::string key, value;
      uint64_t revision, replaces;
      bool deleted;
    };
    std::vector<Kept> kept;
    auto keep = [&](const Change& change) {
      kept.push_back(
          {std::string(change.key), std::string(change.value), change.revision, change.replaces, change.deleted});
    };
    CLEAT_CO_TRY(const bool ended, store_->read(params.getAfter(), params.getMostBytes(), keep));
    auto records = call.results().initRecords(static_cast<unsigned>(kept.size()));
    for (unsigned i = 0; i < records.size(); ++i) {
      records[i].setKey(kept[i].key);
      records[i].setRevision(kept[i].revision);
      records[i].setReplaces(kept[i].replaces);
      records[i].setDeleted(kept[i].deleted);
      records[i].setValue({reinterpret_cast<const kj::byte*>(kept[i].value.data()), kept[i].value.size()});
    }
    call.results().setEnded(ended);
    co_return Result<void>();
  }

  Task<Result<void>> note(role::StoreNoteParams::Reader params, Call<role::StoreNoteResults>& call) override {
    CLEAT_CO_TRY(mustBeOpen());
    call.results().setValue(store_->note(str(params.getName())));
    co_return Result<void>();
  }

  Task<Result<void>> setNote(role::SetStoreNoteParams::Reader params, Call<void>&) override {
    CLEAT_CO_TRY(mustBeOpen());
    co_return store_->setNote(str(params.getName()), params.getValue());
  }

  Task<Result<void>> compact(role::CompactStoreParams::Reader params, Call<void>&) override {
    CLEAT_CO_TRY(mustBeOpen());
    CLEAT_CO_TRY(store_->compact(params.getRevision()));
    if (auto merge = store_->wantsMerge()) spawn(makeRoom(std::make_shared<Merge>(std::move(*merge))));
    co_return Result<void>();
  }

 private:
  Result<void> mustBeOpen() const {
    if (store_->isOpen()) return {};
    Status status = Status::internal("the store has not been opened");
    status.code = 409;
    status.reason = "Conflict";
    return fail(std::move(status));
  }

  void forgetBatch() { batch_.clear(); }

  // Beside what is written meanwhile.
  Task<void> makeRoom(std::shared_ptr<Merge> merge) {
    auto work = [merge] { return runMerge(*merge); };
    const Result<size_t> merged = co_await context().blocking(work);
    Result<void> done = store_->finishMerge(*merge, merged);
    if (!done) log().warn("what has been given up still takes room: ", done.error());
    if (done) log().debug("merged what is kept into ", *merged, " changes");
  }

  std::unique_ptr<LogStore> store_;
  std::string batch_;  // of which not all has come
  uint64_t first_ = 0, last_ = 0;
};

}  // namespace
}  // namespace cleat::storelog

CLEAT_PLUGIN(cleat::storelog::StoreLog, .name = "store-log", .version = "0.1.0", .maturity = "alpha",
             .roles = "store-engine",
             .configSchema =
                 "segment_bytes int 16777216 # a file of the log is no longer, but for a batch that is\n"
                 "merge_from int 4096 # so many changes are given up before their room is made use of again\n");
CLEAT_BRINGS(cleat::role::storeEngine);
