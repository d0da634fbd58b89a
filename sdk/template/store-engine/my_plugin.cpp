// Keeps what the server must not forget in one file, to which everything that happens is appended, and in memory what
// is to be read of it. For clusters that fit into memory; a file that is read with any tool.
#include <cleat/schema/role/store_engine.interface.h>
#include <cleat/schema/role/store_engine.role.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include "rows.h"

namespace {

using namespace cleat;

Row rowOf(role::StoreRecord::Reader record) {
  const auto value = record.getValue();
  return {str(record.getKey()), std::string(reinterpret_cast<const char*>(value.begin()), value.size()),
          record.getRevision(), record.getReplaces(), record.getDeleted()};
}

// The server calls one method at a time. What blocks may do so here: nothing else waits for this plugin.
class MyPlugin : public RolePlugin<role::StoreEngineRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override { co_return makeFolders(config().dataDir()); }

  // What is later than the server knows was never told to anybody. Whether all is there that it knows, it sees itself.
  Task<Result<void>> open(role::OpenStoreParams::Reader params, Call<role::OpenStoreResults>& call) override {
    batch_.clear();
    waits_ = !params.getUnsynced();
    CLEAT_CO_TRY(rows_.open(config().dataDir() + "/" + config().string("file")));
    if (params.getHasKnown()) CLEAT_CO_TRY(rows_.undoAfter(params.getKnown()));
    call.results().setLastRevision(rows_.last());
    call.results().setHorizon(rows_.horizon());
    co_return Result<void>();
  }

  Task<Result<void>> write(role::WriteStoreParams::Reader params, Call<void>&) override {
    CLEAT_CO_TRY(mustBeOpen());
    if (params.getIsFirst()) batch_.clear();
    for (auto record : params.getRecords()) batch_.push_back(rowOf(record));
    if (!params.getIsLast()) co_return Result<void>();
    co_return rows_.append(std::exchange(batch_, {}), waits_);
  }

  Task<Result<void>> read(role::ReadStoreParams::Reader params, Call<role::ReadStoreResults>& call) override {
    CLEAT_CO_TRY(mustBeOpen());
    const auto first = rows_.all().upper_bound(params.getAfter());
    auto end = first;
    unsigned count = 0;
    for (uint64_t bytes = 0; end != rows_.all().end() && bytes < params.getMostBytes(); ++end, ++count) {
      bytes += end->second.key.size() + end->second.value.size();
    }
    auto records = call.results().initRecords(count);
    unsigned i = 0;
    for (auto at = first; at != end; ++at, ++i) {
      const Row& row = at->second;
      records[i].setKey(row.key);
      records[i].setRevision(row.revision);
      records[i].setReplaces(row.replaces);
      records[i].setDeleted(row.deleted);
      records[i].setValue({reinterpret_cast<const kj::byte*>(row.value.data()), row.value.size()});
    }
    call.results().setEnded(end == rows_.all().end());
    co_return Result<void>();
  }

  Task<Result<void>> note(role::StoreNoteParams::Reader params, Call<role::StoreNoteResults>& call) override {
    CLEAT_CO_TRY(mustBeOpen());
    call.results().setValue(rows_.note(str(params.getName())));
    co_return Result<void>();
  }

  Task<Result<void>> setNote(role::SetStoreNoteParams::Reader params, Call<void>&) override {
    CLEAT_CO_TRY(mustBeOpen());
    co_return rows_.setNote(str(params.getName()), params.getValue());
  }

  Task<Result<void>> compact(role::CompactStoreParams::Reader params, Call<void>&) override {
    CLEAT_CO_TRY(mustBeOpen());
    co_return rows_.compact(params.getRevision());
  }

 private:
  // 409 is what the server opens it anew for.
  Result<void> mustBeOpen() const {
    if (rows_.isOpen()) return {};
    Status status = Status::internal("the store has not been opened");
    status.code = 409;
    status.reason = "Conflict";
    return fail(std::move(status));
  }

  Rows rows_;
  std::vector<Row> batch_;  // of which not all has come
  bool waits_ = true;
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "store-engine",
             .configSchema = "file string store # in the plugin's own folder\n");
// The host knows by this what the role can be asked, as no other plugin that fills it need be there.
CLEAT_BRINGS(cleat::role::storeEngine);
