// Gives every namespace its default service account and the cluster's certificate.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace cleat;
using core_v1::ConfigMap;
using core_v1::Namespace;
using core_v1::ServiceAccount;

namespace {

constexpr const char* kAccount = "default";
constexpr const char* kAuthority = "kube-root-ca.crt";
constexpr const char* kAuthorityKey = "ca.crt";
constexpr std::string_view kDescription = "kubernetes.io/description";
constexpr std::string_view kWhatItIs =
    "The authority whose certificates the API server shows to pods of this namespace.";

// Nothing can be made in a namespace that is going away, or that has gone, and nobody misses it there.
bool namespaceEnds(const Status& status) {
  return status.is(404) || std::ranges::any_of(status.details.causes, [](const StatusCause& cause) {
           return cause.reason == "NamespaceTerminating";
         });
}
// Somebody else was first: what has changed brings the namespace's turn again.
bool outdated(const Status& status) { return status.is(409); }

class ServiceAccountController : public ControllerPlugin {
 public:
  explicit ServiceAccountController(Context& context) : ControllerPlugin(context, "service-account") {}

  Result<void> watch() override {
    const std::string file = config().server().caFile;
    std::ifstream in(file);
    if (!in) return fail(Status::internal("cannot read the cluster's certificate from " + file));
    std::ostringstream text;
    text << in.rdbuf();
    authority_ = std::move(text).str();
    controller().watch(namespaces_);
    controller().watch(accounts_, [](const Object<ServiceAccount>& account) {
      return account.name() == kAccount ? std::string(account.ns()) : std::string();
    });
    controller().watch(authorities_, [](const Object<ConfigMap>& map) { return std::string(map.ns()); });
    return {};
  }

 private:
  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<Namespace> ns = namespaces_.get(key);
    if (!ns || deletionPending(ns.meta())) co_return Reconciled();
    if (!accounts_.get(key, kAccount)) {
      Draft<ServiceAccount> account;
      account.meta().setName(kAccount);
      account.meta().setNamespace(key);
      auto made = co_await client_.create<ServiceAccount>(std::move(account));
      if (!made && namespaceEnds(made.error())) co_return Reconciled();
      if (!made && !outdated(made.error())) co_return fail(made.error());
    }
    CLEAT_CO_TRY(co_await publishAuthority(key));
    co_return Reconciled();
  }

  Task<Result<void>> publishAuthority(std::string ns) {
    Object<ConfigMap> have = authorities_.get(ns, kAuthority);
    if (have && isPublished(have)) co_return Result<void>();
    Draft<ConfigMap> map = have ? Draft<ConfigMap>(have) : Draft<ConfigMap>();
    map.meta().setName(kAuthority);
    map.meta().setNamespace(ns);
    setAnnotation(map.meta(), kDescription, kWhatItIs);
    auto entry = map->initData(1)[0];
    entry.setKey(kAuthorityKey);
    entry.setValue(authority_);
    Result<Object<ConfigMap>> written = Object<ConfigMap>();
    if (have) {
      written = co_await client_.update<ConfigMap>(std::move(map));
    } else {
      written = co_await client_.create<ConfigMap>(std::move(map));
    }
    if (!written && !outdated(written.error()) && !namespaceEnds(written.error())) co_return fail(written.error());
    co_return Result<void>();
  }

  // Any words about it will do: another cluster's manager has others.
  bool isPublished(const Object<ConfigMap>& map) const {
    return map->getData().size() == 1 && valueIn(map->getData(), kAuthorityKey) == authority_ &&
           !annotation(map.meta(), kDescription).value_or("").empty();
  }

  std::string authority_;
  Client client_{context()};
  Informer<Namespace> namespaces_{context()};
  Informer<ServiceAccount> accounts_{context()};
  Informer<ConfigMap> authorities_{context(),
                                   {.ns = "", .labelSelector = "", .fieldSelector = "metadata.name=kube-root-ca.crt"}};
};

}  // namespace

CLEAT_PLUGIN(ServiceAccountController, .name = "controller-service-account", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants = "- namespaces get,list,watch\n- serviceaccounts,configmaps get,list,watch,create,update\n");
