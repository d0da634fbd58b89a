// Checks of the roles that serve the server itself: what keeps the store, addons, and who is told of plugins.
#include <cleat/schema/role/addon.methods.h>
#include <cleat/schema/role/notices.methods.h>
#include <cleat/schema/role/store_engine.methods.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "core/app/addon_keeper.h"
#include "core/app/check/role_checks.h"

namespace cleat::app {
namespace {

struct Row {
  std::string key, value;
  uint64_t revision = 0, replaces = 0;
  bool deleted = false;
  bool operator==(const Row& other) const {
    return key == other.key && value == other.value && revision == other.revision && deleted == other.deleted;
  }
};

// The store as the server uses it. What fails is noted under the check.
class CheckedStore {
 public:
  explicit CheckedStore(CheckRun& run) : run_(run) {}

  std::optional<uint64_t> open(std::optional<uint64_t> known) {
    const auto answer = run_.ask(role::storeEngine::open, [&](role::OpenStoreParams::Builder params) {
      params.setUnsynced(true);
      params.setHasKnown(known.has_value());
      params.setKnown(known.value_or(0));
    });
    if (!took("store", "open", answer)) return std::nullopt;
    return gate::resultsOf(role::storeEngine::open, answer).getLastRevision();
  }
  bool write(const std::vector<Row>& rows, bool isFirst = true, bool isLast = true) {
    const auto answer = run_.ask(role::storeEngine::write, [&](role::WriteStoreParams::Builder params) {
      auto records = params.initRecords(static_cast<unsigned>(rows.size()));
      for (unsigned i = 0; i < records.size(); ++i) {
        records[i].setKey(rows[i].key);
        records[i].setRevision(rows[i].revision);
        records[i].setReplaces(rows[i].replaces);
        records[i].setDeleted(rows[i].deleted);
        records[i].setValue({reinterpret_cast<const kj::byte*>(rows[i].value.data()), rows[i].value.size()});
      }
      params.setIsFirst(isFirst);
      params.setIsLast(isLast);
    });
    return took("store", "write", answer);
  }
  // All of it, so many bytes at a time.
  std::optional<std::vector<Row>> read(uint32_t bytes) {
    std::vector<Row> rows;
    for (uint64_t after = 0;;) {
      const auto answer = run_.ask(role::storeEngine::read, [&](role::ReadStoreParams::Builder params) {
        params.setAfter(after);
        params.setMostBytes(bytes);
      });
      if (!took("store", "read", answer)) return std::nullopt;
      const auto found = gate::resultsOf(role::storeEngine::read, answer);
      for (auto record : found.getRecords()) {
        if (record.getRevision() <= after) {
          run_.report().fail("store", "it gives changes that were not asked for, or not in the order of revisions");
          return std::nullopt;
        }
        after = record.getRevision();
        const auto value = record.getValue();
        rows.push_back({str(record.getKey()), std::string(reinterpret_cast<const char*>(value.begin()), value.size()),
                        after, 0, record.getDeleted()});
      }
      if (found.getEnded() || found.getRecords().size() == 0) return rows;
    }
  }
  bool compact(uint64_t revision) {
    const auto answer = run_.ask(role::storeEngine::compact,
                                 [&](role::CompactStoreParams::Builder params) { params.setRevision(revision); });
    return took("store", "compact", answer);
  }
  bool keepsNotes() {
    const auto noted = run_.ask(role::storeEngine::setNote, [](role::SetStoreNoteParams::Builder params) {
      params.setName("readable");
      params.setValue(~uint64_t{0});
    });
    if (!took("store", "setNote", noted)) return false;
    const auto answer =
        run_.ask(role::storeEngine::note, [](role::StoreNoteParams::Builder params) { params.setName("readable"); });
    return took("store", "note", answer) && gate::resultsOf(role::storeEngine::note, answer).getValue() == ~uint64_t{0};
  }

 private:
  bool took(const char* check, const char* what, const host::RoleAnswer& answer) {
    if (answer.status == CLEAT_OK) return true;
    run_.report().fail(check, concat("it does not ", what, ": ", brief(answer)));
    return false;
  }
  CheckRun& run_;
};

std::string shown(const std::vector<Row>& rows) {
  auto each = [](const Row& row) { return concat(row.revision, row.deleted ? " (deleted)" : ""); };
  return concat("[", joined(rows, ", ", each), "]");
}

void expectRows(CheckRun& run, CheckedStore& store, const std::vector<Row>& expected, const char* when) {
  for (const uint32_t bytes : {1u, 1u << 20}) {
    const auto rows = store.read(bytes);
    if (!rows || *rows == expected) continue;
    run.report().fail("store",
                      concat(when, " it gives back the revisions ", shown(*rows), " and not ", shown(expected)));
  }
}

}  // namespace

void checkStoreEngine(CheckRun& run) {
  const auto early =
      run.ask(role::storeEngine::read, [](role::ReadStoreParams::Builder params) { params.setMostBytes(1); });
  if (early.status == CLEAT_OK || early.error->code != 409) {
    run.report().fail("store", concat("before it is opened it answers ", brief(early), ": 409 has the server open it"));
  }
  CheckedStore store(run);
  const std::string large(100'000, 'x');
  std::vector<Row> rows = {{"/registry/tickets.example.com/default/a", "{\"a\":1}", 1},
                           {"/registry/tickets.example.com/default/b", large, 2},
                           {"/registry/tickets.example.com/default/a", "{\"a\":2}", 3, 1},
                           {"/registry/tickets.example.com/default/b", large, 4, 2, true}};
  const auto empty = store.open(std::nullopt);
  if (!empty) return;
  if (*empty != 0) run.report().fail("store", concat("in an empty folder its last revision is ", *empty));
  if (!store.write({rows[0], rows[1]}) || !store.write({rows[2]}, true, false)) return;
  expectRows(run, store, {rows[0], rows[1]}, "before the end of a batch has come");
  if (!store.write({rows[3]}, false, true)) return;
  expectRows(run, store, rows, "after two batches");
  if (!store.keepsNotes()) run.report().fail("store", "what was noted is not what it gives back");
  if (const auto last = store.open(2); last && *last != 2) {
    run.report().fail("store", concat("opened with what is known up to revision 2, its last one is ", *last));
  }
  expectRows(run, store, {rows[0], rows[1]}, "after what nobody was told of was undone");
  if (!store.write({rows[2]}) || !store.write({rows[3]}) || !store.compact(4)) return;
  expectRows(run, store, {rows[2]}, "after what was overwritten and deleted has been given up");
  if (const auto last = store.open(4); last && *last != 4) {
    run.report().fail("store", concat("after that its last revision is ", *last, " and not 4"));
  }
  run.report().okUnlessFailed("store");
}

void checkAddon(CheckRun& run) {
  const host::RoleAnswer answer = run.ask(role::addon::bring);
  if (!isOrderly(run, "bring", "what it brings", answer)) return;
  if (answer.status != CLEAT_OK)
    return run.report().skip("bring", concat("as it is set up it answers ", brief(answer)));
  const auto brought = gate::resultsOf(role::addon::bring, answer);
  std::vector<BroughtObject> objects;
  for (auto each : brought.getObjects()) {
    const Result<BroughtObject> object = objectOf(str(each.getManifest()));
    if (!object) {
      run.report().fail("bring", concat("an object that it brings: ", object.error().message));
      continue;
    }
    if (std::ranges::find(objects, *object) != objects.end()) {
      run.report().fail("bring", concat("it brings ", object->named(), " twice"));
    }
    objects.push_back(*object);
  }
  run.report().okUnlessFailed("bring",
                              concat(objects.size(), " objects", brought.getIsComplete() ? "" : ", and more to come"));
  run.keep({role::addon::bring, host::emptyMessage(), {}, true});
}

void checkNotices(CheckRun& run) {
  constexpr int64_t kBegin = 1'800'000'000'000'000'000;
  const auto telling = [](unsigned happenings) {
    auto params = object::makeMessage<role::TellParams>([&](role::TellParams::Builder builder) {
      auto list = builder.initHappenings(happenings);
      for (unsigned i = 0; i < happenings; ++i) {
        list[i].setPlugin("frobnicator");
        // There may be reasons that it has never heard of.
        list[i].setReason(i == 0 ? "Crashed" : "Hibernated");
        list[i].setMessage("its process was killed by signal 11");
        list[i].setIsWarning(i == 0);
        list[i].setCount(i + 1);
        list[i].setFirstTime(kBegin + i);
        list[i].setLastTime(kBegin + 2 * i);
      }
    });
    return SampleCall{role::notices::tell, std::move(params), {}, true};
  };
  // The same call comes again when its answer was not heard, and is nothing new then.
  for (const unsigned happenings : {0u, 1u, 3u, 3u}) {
    const host::RoleAnswer answer = run.ask(telling(happenings));
    if (isOrderly(run, "tell", concat(happenings, " happenings"), answer) && answer.status != CLEAT_OK) {
      run.report().fail("tell", concat("it does not take ", happenings, " happenings: ", brief(answer)));
    }
  }
  run.keep(telling(3));
  run.report().okUnlessFailed("tell");
}

}  // namespace cleat::app
