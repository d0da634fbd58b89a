// Fills secrets that are to hold a service account's token.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/secret_data.h>

#include <map>
#include <set>

#include "service-account-common/jwt.h"
#include "service-account-common/legacy_token.h"

using namespace cleat;
using core_v1::Secret;
using core_v1::ServiceAccount;

namespace {

using DataList = capnp::List<meta_v1::DataEntry>;

std::string accountOf(const Object<Secret>& secret) {
  return str(annotation(secret.meta(), legacy::kAccountName).value_or(""));
}

// The entries of `have`, with these in place of those of the same keys.
capnp::Orphan<DataList> withData(DataList::Reader have, capnp::Orphanage orphanage,
                                 const std::map<std::string, std::string>& entries) {
  std::map<std::string, std::string> all;
  for (auto entry : have) all.emplace(str(entry.getKey()), str(view(entry.getValue())));
  for (const auto& [key, value] : entries) all[key] = value;
  auto list = orphanage.newOrphan<DataList>(static_cast<uint32_t>(all.size()));
  uint32_t at = 0;
  for (const auto& [key, value] : all) {
    auto entry = list.get()[at++];
    entry.setKey(key);
    entry.setValue({reinterpret_cast<const kj::byte*>(value.data()), value.size()});
  }
  return list;
}

class ServiceAccountTokenController : public ControllerPlugin {
 public:
  explicit ServiceAccountTokenController(Context& context) : ControllerPlugin(context, "service-account-token") {}

  Result<void> watch() override {
    CLEAT_TRY(authority_, readFile(config().server().caFile));
    CLEAT_TRY(key_, loadSigningKey(config().server().pkiDir + "/sa.key"));
    keyId_ = keyId(key_.get());
    controller().watch(secrets_);
    secrets_.onChange([this](const Object<Secret>& before, const Object<Secret>& now) {
      if (before && !now) forgotten_[before.key()].insert(accountOf(before));
    });
    accounts_.onChange([this](const Object<ServiceAccount>& before, const Object<ServiceAccount>& now) {
      const Object<ServiceAccount>& account = now ? now : before;
      if (before && now && before.uid() == now.uid()) return;
      for (const Object<Secret>& secret : secrets_.list(account.ns())) {
        if (accountOf(secret) == account.name()) controller().enqueue(secret.key());
      }
    });
    controller().needs(accounts_);
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<Secret> secret = secrets_.get(key);
    if (!secret) {
      CLEAT_CO_TRY(co_await dropReferences(std::move(key)));
      co_return Reconciled();
    }
    if (deletionPending(secret.meta())) co_return Reconciled();
    const std::string name = accountOf(secret);
    Object<ServiceAccount> account = accounts_.get(secret.ns(), name);
    if (!account || !isOf(secret, account)) {
      // What is known here may be older than the secret.
      auto pending = client_.get<ServiceAccount>(secret.ns(), name);
      Result<Object<ServiceAccount>> live = co_await std::move(pending);
      if (!live && !live.error().is(404)) co_return fail(live.error());
      account = live ? *live : Object<ServiceAccount>();
    }
    if (!account || !isOf(secret, account)) {
      CLEAT_CO_TRY(co_await remove(secret));
    } else if (!deletionPending(account.meta())) {
      CLEAT_CO_TRY(co_await fill(secret, account));
    }
    co_return Reconciled();
  }

  static bool isOf(const Object<Secret>& secret, const Object<ServiceAccount>& account) {
    const std::string_view uid = annotation(secret.meta(), legacy::kAccountUid).value_or("");
    return uid.empty() || uid == account.uid();
  }

  Task<Result<void>> remove(Object<Secret> secret) {
    DeleteOptions options;
    options.preconditionUid = secret.uid();
    options.preconditionRevision = secret.revision();
    Result<Object<Secret>> gone = co_await client_.remove<Secret>(secret.ns(), secret.name(), options);
    if (!gone && !gone.error().is(404) && !gone.error().is(409)) co_return fail(gone.error());
    co_return Result<void>();
  }

  Task<Result<void>> fill(Object<Secret> secret, Object<ServiceAccount> account) {
    std::map<std::string, std::string> wanted;
    if (dataIn(secret, legacy::kTokenKey).empty()) {
      const legacy::Claims claims{str(secret.ns()), str(secret.name()), str(account.name()), str(account.uid())};
      CLEAT_CO_TRY(wanted[str(legacy::kTokenKey)], signToken(key_.get(), keyId_, legacy::writeClaims(claims)));
    }
    if (dataIn(secret, legacy::kAuthorityKey) != authority_) wanted[str(legacy::kAuthorityKey)] = authority_;
    if (dataIn(secret, legacy::kNamespaceKey).empty()) wanted[str(legacy::kNamespaceKey)] = secret.ns();
    const bool named = annotation(secret.meta(), legacy::kAccountUid) == std::optional(account.uid());
    if (wanted.empty() && named) co_return Result<void>();
    Draft<Secret> draft(secret);
    draft->adoptData(withData(secret->getData(), orphanageOf(*draft), wanted));
    setAnnotation(draft.meta(), legacy::kAccountUid, account.uid());
    Result<Object<Secret>> written = co_await client_.update<Secret>(std::move(draft));
    if (!written && !written.error().is(404) && !written.error().is(409)) co_return fail(written.error());
    co_return Result<void>();
  }

  // The account of a secret that has gone names it no more.
  Task<Result<void>> dropReferences(std::string key) {
    const auto [ns, name] = splitKey(key);
    auto found = forgotten_.find(key);
    if (found == forgotten_.end()) co_return Result<void>();
    const std::set<std::string> accounts = found->second;
    for (const std::string& each : accounts) {
      CLEAT_CO_TRY(co_await dropReference(std::string(ns), each, std::string(name)));
    }
    forgotten_.erase(key);
    co_return Result<void>();
  }

  Task<Result<void>> dropReference(std::string ns, std::string accountName, std::string secret) {
    const Object<ServiceAccount> account = accounts_.get(ns, accountName);
    if (!account) co_return Result<void>();
    Draft<ServiceAccount> draft(account);
    auto references = account->getSecrets();
    std::vector<uint32_t> kept;
    for (uint32_t i = 0; i < references.size(); ++i) {
      if (view(references[i].getName()) != secret) kept.push_back(i);
    }
    if (kept.size() == references.size()) co_return Result<void>();
    auto left = draft->initSecrets(static_cast<uint32_t>(kept.size()));
    for (uint32_t i = 0; i < left.size(); ++i) left.setWithCaveats(i, references[kept[i]]);
    auto pending = client_.update<ServiceAccount>(std::move(draft));
    Result<Object<ServiceAccount>> written = co_await std::move(pending);
    if (!written && !written.error().is(404)) co_return fail(written.error());
    co_return Result<void>();
  }

  std::string authority_, keyId_;
  SigningKey key_;
  std::map<std::string, std::set<std::string>> forgotten_;  // secrets that went, by key: the accounts that they were of
  Client client_{context()};
  Informer<Secret> secrets_{context(), {.ns = "", .labelSelector = "", .fieldSelector = legacy::kFieldSelector}};
  Informer<ServiceAccount> accounts_{context()};
};

}  // namespace

CLEAT_PLUGIN(ServiceAccountTokenController, .name = "controller-service-account-token", .version = "0.1.0",
             .maturity = "beta", .roles = "controller",
             .grants = "- secrets get,list,watch,update,delete\n- serviceaccounts get,list,watch,update\n");
