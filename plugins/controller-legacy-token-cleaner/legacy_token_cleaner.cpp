// Marks, and later deletes, secrets with tokens that nobody uses.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_references.h>

#include <algorithm>

#include "service-account-common/legacy_token.h"

using namespace cleat;
using core_v1::ConfigMap;
using core_v1::Pod;
using core_v1::Secret;
using core_v1::ServiceAccount;

namespace {

constexpr Duration kDay = std::chrono::hours(24), kLookAgain = kDay;
constexpr const char* kTrackingNamespace = "kube-system";
constexpr const char* kTracking = "kube-apiserver-legacy-service-account-token-tracking";
constexpr const char* kTrackingField = "metadata.name=kube-apiserver-legacy-service-account-token-tracking";
constexpr std::string_view kSince = "since";

bool refersToSecrets(const AnyRef& pod) { return !referencesOf(*Object<Pod>(pod)).secrets.empty(); }

class LegacyTokenCleaner : public ControllerPlugin {
 public:
  explicit LegacyTokenCleaner(Context& context) : ControllerPlugin(context, "legacy-service-account-token-cleaner") {}

  Result<void> watch() override {
    period_ = config().duration("clean_up_period");
    controller().watch(secrets_);
    accounts_.onChange([this](const Object<ServiceAccount>&, const Object<ServiceAccount>& now) {
      if (!now) return;
      for (auto reference : now->getSecrets()) controller().enqueue(keyOf(now.ns(), view(reference.getName())));
    });
    controller().needs(accounts_);
    controller().needs(pods_);
    tracking_.onChange([this](const Object<ConfigMap>&, const Object<ConfigMap>&) {
      for (const Object<Secret>& secret : secrets_.list()) controller().enqueue(secret.key());
    });
    controller().needs(tracking_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<Secret> secret = secrets_.get(key);
    if (!secret || deletionPending(secret.meta()) || !madeByItself(secret)) co_return Reconciled();
    const Reconciled later{.requeueAfter = std::min(kLookAgain, period_)};
    if (isUsed(secret) || !unusedForLong(secret)) co_return later;
    auto marked = label(secret.meta(), legacy::kInvalidSince);
    const std::optional<WallTime> since = marked ? legacy::timeOf(*marked) : std::nullopt;
    if (!since) {
      CLEAT_CO_TRY(co_await mark(secret));
    } else if (isLongAgo(*since + kDay)) {
      CLEAT_CO_TRY(co_await remove(secret));
    }
    co_return later;
  }

  // The account names it, and is the one that it was made for. One that somebody made for an account is not named
  // there.
  bool madeByItself(const Object<Secret>& secret) const {
    const Object<ServiceAccount> account =
        accounts_.get(secret.ns(), annotation(secret.meta(), legacy::kAccountName).value_or(""));
    const std::string_view uid = annotation(secret.meta(), legacy::kAccountUid).value_or("");
    if (!account || (!uid.empty() && uid != account.uid())) return false;
    for (auto reference : account->getSecrets()) {
      if (view(reference.getName()) == secret.name()) return true;
    }
    return false;
  }

  // In whichever way: as a volume, in an environment, for images.
  bool isUsed(const Object<Secret>& secret) const {
    return std::ranges::any_of(pods_.list(secret.ns()), [&](const Object<Pod>& pod) {
      return referencesOf(*pod).secrets.contains(secret.name());
    });
  }

  // Only as far back as somebody has looked can it be told that nobody has used it. What is told by its day was at the
  // end of it at the latest.
  bool unusedForLong(const Object<Secret>& secret) {
    const Object<ConfigMap> tracking = tracking_.get(kTrackingNamespace, kTracking);
    const auto since = tracking ? legacy::timeOf(valueIn(tracking->getData(), kSince)) : std::nullopt;
    if (!since || !isLongAgo(*since + kDay)) return false;
    const auto made = parseTime(view(secret.meta().getCreationTimestamp()));
    if (!made || !isLongAgo(*made)) return false;
    const auto used = label(secret.meta(), legacy::kLastUsed);
    const auto last = used ? legacy::timeOf(*used) : std::nullopt;
    // What is no date tells nothing.
    return !used || (last && isLongAgo(*last + kDay));
  }
  bool isLongAgo(WallTime time) { return time + period_ < context().wallNow(); }

  Task<Result<void>> mark(Object<Secret> secret) {
    const std::string day = legacy::dateOf(context().wallNow());
    context().log.info("the token in secret ", secret.key(), " has not been used for long: it is good no more");
    Draft<Secret> draft(secret);
    setLabel(draft.meta(), legacy::kInvalidSince, day);
    Result<Object<Secret>> written = co_await client_.update<Secret>(std::move(draft));
    if (!written && !written.error().is(404) && !written.error().is(409)) co_return fail(written.error());
    co_return Result<void>();
  }

  Task<Result<void>> remove(Object<Secret> secret) {
    context().log.info("the token in secret ", secret.key(), " has not been good for long: it goes");
    DeleteOptions options;
    options.preconditionUid = secret.uid();
    options.preconditionRevision = secret.revision();
    Result<Object<Secret>> gone = co_await client_.remove<Secret>(secret.ns(), secret.name(), options);
    if (!gone && !gone.error().is(404) && !gone.error().is(409)) co_return fail(gone.error());
    co_return Result<void>();
  }

  Duration period_{};
  Client client_{context()};
  Informer<Secret> secrets_{context(), {.ns = "", .labelSelector = "", .fieldSelector = legacy::kFieldSelector}};
  Informer<ServiceAccount> accounts_{context()};
  Informer<Pod> pods_{context(), {.only = refersToSecrets}};
  Informer<ConfigMap> tracking_{context(),
                                {.ns = kTrackingNamespace, .labelSelector = "", .fieldSelector = kTrackingField}};
};

}  // namespace

CLEAT_PLUGIN(
    LegacyTokenCleaner, .name = "controller-legacy-token-cleaner", .version = "0.1.0", .maturity = "beta",
    .roles = "controller",
    .grants = "- secrets get,list,watch,update,delete\n- serviceaccounts,pods,configmaps get,list,watch\n",
    .configSchema =
        "clean_up_period duration 8760h # unused for so long a token is refused, and as long after that it goes\n");
