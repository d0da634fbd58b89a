// Deletes each secret with a bootstrap token when its time is over.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>

#include "bootstrap-token-common/bootstrap_token.h"

using namespace cleat;
using core_v1::Secret;

namespace {

class TokenCleaner : public ControllerPlugin {
 public:
  explicit TokenCleaner(Context& context) : ControllerPlugin(context, "token-cleaner") {}

  Result<void> watch() override {
    controller().watch(secrets_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<Secret> secret = secrets_.get(key);
    if (!secret || deletionPending(secret.meta())) co_return Reconciled();
    const std::optional<Duration> left = bootstrap::timeLeft(secret, context().wallNow());
    if (!left || *left > Duration::zero()) co_return Reconciled{left.value_or(Duration::zero())};
    // Just this one: another may have its name by now, or have been given more time.
    DeleteOptions options;
    options.preconditionUid = secret.uid();
    options.preconditionRevision = secret.revision();
    Result<Object<Secret>> gone = co_await client_.remove<Secret>(secret.ns(), secret.name(), options);
    if (!gone && !gone.error().is(404)) co_return fail(gone.error());
    co_return Reconciled();
  }

  Client client_{context()};
  Informer<Secret> secrets_{
      context(), {.ns = bootstrap::kNamespace, .labelSelector = "", .fieldSelector = bootstrap::kFieldSelector}};
};

}  // namespace

CLEAT_PLUGIN(TokenCleaner, .name = "controller-token-cleaner", .version = "0.1.0", .maturity = "beta",
             .roles = "controller", .grants = "- secrets get,list,watch,delete\n");
