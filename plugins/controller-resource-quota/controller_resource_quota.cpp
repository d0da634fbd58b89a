// Tells how much of each quota is taken.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/kinds/core_v1_quota.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <map>

#include "quota-common/accounts.h"

using namespace cleat;
using namespace cleat::quota;
using core_v1::ResourceQuota;

namespace {

// However fast objects come, a status is written no more often.
constexpr Duration kPause = std::chrono::milliseconds(100);
// What somebody else has written stands for so long: whoever tries the API sees what they wrote.
constexpr Duration kPutRight = std::chrono::seconds(30);
// A kind whose objects cannot be had is not waited for any longer than this many times.
constexpr Duration kCountedSoon = std::chrono::milliseconds(20);
constexpr int kMostWaits = 250;

using AmountList = capnp::List<meta_v1::TextEntry>;

capnp::Orphan<AmountList> amountList(capnp::Orphanage orphanage, const Amounts& amounts) {
  auto list = orphanage.newOrphan<AmountList>(static_cast<uint32_t>(amounts.size()));
  uint32_t at = 0;
  for (const auto& [name, amount] : amounts) {
    list.get()[at].setKey(name);
    list.get()[at++].setValue(amount.text());
  }
  return list;
}

class ResourceQuotaController : public ControllerPlugin {
 public:
  explicit ResourceQuotaController(Context& context) : ControllerPlugin(context, "resourcequota") {}

 private:
  Result<void> watch() override {
    accounts_.quotas().onChange([this](const Object<ResourceQuota>& before, const Object<ResourceQuota>& now) {
      if (before && now) checkLater(now.key());
    });
    accounts_.start();
    controller().needs(accounts_.quotas());
    return {};
  }

  void enqueueAll(const std::string& ns) {
    const Account* account = accounts_.find(ns);
    if (account == nullptr) return;
    for (const std::string& name : account->quotas()) controller().enqueue(keyOf(ns, name));
  }

  void checkLater(const std::string& key) {
    Timer& check = checks_[key];
    if (!check.pending()) check = context().after(kPutRight, [this, key] { controller().enqueue(key); });
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<ResourceQuota> quota = accounts_.quotas().get(key);
    if (!quota) {
      written_.erase(key);
      waits_.erase(key);
      checks_.erase(key);
      co_return Reconciled();
    }
    const Instant now = context().now();
    auto last = written_.find(key);
    if (last != written_.end() && now - last->second.at < kPause) {
      co_return Reconciled{.requeueAfter = kPause - (now - last->second.at)};
    }
    std::string ns(quota.ns());
    const bool counted = co_await accounts_.followAll(std::move(ns));
    if (!counted && waits_[key]++ < kMostWaits) co_return Reconciled{.requeueAfter = kCountedSoon};
    waits_.erase(key);
    quota = accounts_.quotas().get(key);
    const Account* account = quota ? accounts_.find(quota.ns()) : nullptr;
    if (account == nullptr) co_return Reconciled();
    const Amounts hard = readAmounts(quota->getSpec().getHard());
    const Amounts used = account->used(quota.name(), [&](const KindName& kind) { return accounts_.isTold(kind); });
    if (tells(quota, hard, used)) co_return Reconciled();
    written_[key].at = now;
    Draft<ResourceQuota> draft(quota);
    auto next = draft->getStatus();
    next.adoptHard(amountList(orphanageOf(next), hard));
    next.adoptUsed(amountList(orphanageOf(next), used));
    auto pending = client_.updateStatus<ResourceQuota>(std::move(draft));
    auto updated = co_await std::move(pending);
    if (!updated && updated.error().is(409)) co_return Reconciled{.requeueAfter = kPause};
    if (!updated && !updated.error().is(404)) co_return fail(updated.error());
    if (updated) written_[key] = {now, updated->revision(), hard, used};
    co_return Reconciled();
  }

  // Whether the status says so. One that was written may not have come back yet: what was there before counts no more.
  bool tells(const Object<ResourceQuota>& quota, const Amounts& hard, const Amounts& used) const {
    auto last = written_.find(quota.key());
    if (last != written_.end() && last->second.revision > quota.revision()) {
      return last->second.hard == hard && last->second.used == used;
    }
    auto status = quota->getStatus();
    return readAmounts(status.getHard()) == hard && readAmounts(status.getUsed()) == used;
  }

  struct Written {
    Instant at;
    uint64_t revision = 0;
    Amounts hard, used;
  };

  Client client_{context()};
  std::map<std::string, Written> written_;
  std::map<std::string, int> waits_;
  std::map<std::string, Timer> checks_;
  Accounts accounts_{context(), [this](const std::string& ns) { enqueueAll(ns); }};
};

}  // namespace

CLEAT_PLUGIN(ResourceQuotaController, .name = "controller-resource-quota", .version = "0.1.0", .maturity = "beta",
             .roles = "controller", .grants = "* * list,watch\n- resourcequotas/status update\n");
