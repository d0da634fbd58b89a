// Fills the role `store-engine`: the server's store in memory, for clusters that nobody needs after their server has
// ended.
#include <cleat/schema/role/store_engine.interface.h>
#include <cleat/schema/role/store_engine.role.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <map>
#include <string>
#include <vector>

namespace {

using namespace cleat;

struct Row {
  std::string key, value;
  uint64_t revision = 0, replaces = 0;
  bool deleted = false;
  uint64_t bytes() const { return key.size() + value.size(); }
};

Row rowOf(role::StoreRecord::Reader record) {
  const auto value = record.getValue();
  return {str(record.getKey()), std::string(reinterpret_cast<const char*>(value.begin()), value.size()),
          record.getRevision(), record.getReplaces(), record.getDeleted()};
}

class StoreMemory : public RolePlugin<role::StoreEngineRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    const auto most = Quantity::parse(config().string("most"));
    if (!most || most->value() <= 0) co_return fail(Status::badRequest("most: is no amount of bytes"));
    most_ = static_cast<uint64_t>(most->value());
    co_return Result<void>();
  }

  // What is later than the server knows was never told to anybody. Whether all is there that it knows, it sees itself.
  Task<Result<void>> open(role::OpenStoreParams::Reader params, Call<role::OpenStoreResults>& call) override {
    isOpen_ = true;
    batch_.clear();
    while (params.getHasKnown() && !rows_.empty() && rows_.rbegin()->first > params.getKnown()) {
      erase(rows_.rbegin()->first);
      last_ = params.getKnown();
    }
    call.results().setLastRevision(last_);
    call.results().setHorizon(horizon_);
    co_return Result<void>();
  }

  Task<Result<void>> write(role::WriteStoreParams::Reader params, Call<void>&) override {
    CLEAT_CO_TRY(mustBeOpen());
    if (params.getIsFirst()) batch_.clear();
    for (auto record : params.getRecords()) batch_.push_back(rowOf(record));
    if (!params.getIsLast()) co_return Result<void>();
    uint64_t bytes = bytes_;
    for (const Row& row : batch_) bytes += row.bytes();
    if (bytes > most_) {
      co_return fail(
          Status::internal(concat("there is no room for it: ", bytes, " bytes, and ", most_, " are allowed")));
    }
    bytes_ = bytes;
    for (Row& row : batch_) {
      last_ = row.revision;
      rows_.emplace(last_, std::move(row));
    }
    batch_.clear();
    co_return Result<void>();
  }

  Task<Result<void>> read(role::ReadStoreParams::Reader params, Call<role::ReadStoreResults>& call) override {
    CLEAT_CO_TRY(mustBeOpen());
    const auto first = rows_.upper_bound(params.getAfter());
    auto end = first;
    unsigned count = 0;
    for (uint64_t bytes = 0; end != rows_.end() && bytes < params.getMostBytes(); ++end, ++count) {
      bytes += end->second.bytes();
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
    call.results().setEnded(end == rows_.end());
    co_return Result<void>();
  }

  Task<Result<void>> note(role::StoreNoteParams::Reader params, Call<role::StoreNoteResults>& call) override {
    CLEAT_CO_TRY(mustBeOpen());
    call.results().setValue(notes_[str(params.getName())]);
    co_return Result<void>();
  }

  Task<Result<void>> setNote(role::SetStoreNoteParams::Reader params, Call<void>&) override {
    CLEAT_CO_TRY(mustBeOpen());
    notes_[str(params.getName())] = params.getValue();
    co_return Result<void>();
  }

  // What a change of that stretch took the place of, and deletions in it.
  Task<Result<void>> compact(role::CompactStoreParams::Reader params, Call<void>&) override {
    CLEAT_CO_TRY(mustBeOpen());
    std::vector<uint64_t> given;
    for (auto at = rows_.upper_bound(horizon_); at != rows_.end() && at->first <= params.getRevision(); ++at) {
      if (at->second.replaces > 0) given.push_back(at->second.replaces);
      if (at->second.deleted) given.push_back(at->first);
    }
    for (const uint64_t revision : given) erase(revision);
    horizon_ = std::max(horizon_, params.getRevision());
    co_return Result<void>();
  }

 private:
  // 409 is what the server opens it anew for.
  Result<void> mustBeOpen() const {
    if (isOpen_) return {};
    Status status = Status::internal("the store has not been opened");
    status.code = 409;
    status.reason = "Conflict";
    return fail(std::move(status));
  }

  void erase(uint64_t revision) {
    const auto found = rows_.find(revision);
    if (found == rows_.end()) return;
    bytes_ -= found->second.bytes();
    rows_.erase(found);
  }

  bool isOpen_ = false;
  std::map<uint64_t, Row> rows_;  // by revision
  std::vector<Row> batch_;        // of which not all has come
  std::map<std::string, uint64_t> notes_;
  uint64_t last_ = 0, horizon_ = 0, bytes_ = 0, most_ = 0;
};

}  // namespace

CLEAT_PLUGIN(StoreMemory, .name = "store-memory", .version = "1.0.0", .maturity = "alpha", .roles = "store-engine",
             .configSchema = "most string 256Mi # keys and values are no more than this together\n");
CLEAT_BRINGS(cleat::role::storeEngine);
