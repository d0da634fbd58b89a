// Keeps the config map kube-public/cluster-info, by which a node that joins finds out where the server is and whom to
// trust, signed by each bootstrap token that may sign.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <kj/encoding.h>

#include <algorithm>
#include <map>
#include <optional>

#include "bootstrap-token-common/bootstrap_token.h"
#include "detached_signature.h"

using namespace cleat;
using core_v1::ConfigMap;
using core_v1::Secret;

namespace {

constexpr const char* kMapNamespace = "kube-public";
constexpr const char* kMapName = "cluster-info";
constexpr std::string_view kKubeconfig = "kubeconfig", kSignaturePrefix = "jws-kubeconfig-";
constexpr std::string_view kKey = "kube-public/cluster-info";

class BootstrapSigner : public ControllerPlugin {
 public:
  explicit BootstrapSigner(Context& context) : ControllerPlugin(context, "bootstrap-signer") {}

  Result<void> watch() override {
    CLEAT_TRY(const std::string authority, readFile(config().server().caFile));
    kubeconfig_ = kubeconfigOf(config().server().url, authority);
    const auto theMap = [](const auto&) { return std::vector<std::string>{std::string(kKey)}; };
    controller().watch(maps_, theMap);
    controller().watch(secrets_, theMap);
    controller().enqueueAfter(std::string(kKey), Duration::zero());
    return {};
  }

 private:
  static std::string kubeconfigOf(const std::string& url, std::string_view authority) {
    const auto bytes = kj::arrayPtr(reinterpret_cast<const kj::byte*>(authority.data()), authority.size());
    return concat(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: ", kj::encodeBase64(bytes).cStr(),
        "\n    server: ", url, "\n  name: \"\"\ncontexts: null\ncurrent-context: \"\"\nkind: Config\nusers: null\n");
  }

  Task<Result<Reconciled>> reconcile(std::string) override {
    const Object<ConfigMap> map = maps_.get(kKey);
    if (!map) co_return co_await publish();
    std::map<std::string, std::string> wanted;
    std::optional<std::string_view> content;
    for (auto entry : map->getData()) {
      const std::string_view key = view(entry.getKey());
      if (!key.starts_with(kSignaturePrefix)) wanted[str(key)] = str(view(entry.getValue()));
      if (key == kKubeconfig) content = view(entry.getValue());
    }
    // Nothing can be said of a map that somebody uses for something else.
    if (!content) co_return Reconciled();
    Duration soonest = addSignatures(*content, wanted);
    if (wanted != dataOf(map)) {
      Draft<ConfigMap> draft(map);
      auto data = draft->initData(static_cast<uint32_t>(wanted.size()));
      uint32_t at = 0;
      for (const auto& [key, value] : wanted) {
        data[at].setKey(key);
        data[at++].setValue(value);
      }
      CLEAT_CO_TRY(co_await client_.update(std::move(draft)));
    }
    co_return Reconciled{soonest};
  }

  // One for each token that may sign. Returns when the first of them expires; zero: none does.
  Duration addSignatures(std::string_view content, std::map<std::string, std::string>& data) {
    Duration soonest = Duration::zero();
    secrets_.forEach([&](const Object<Secret>& secret) {
      const auto token = bootstrap::tokenOf(secret);
      if (!token || deletionPending(secret.meta()) || !bootstrap::isFor(secret, "signing")) return;
      const std::optional<Duration> left = bootstrap::timeLeft(secret, context().wallNow());
      if (left && *left <= Duration::zero()) return;
      if (left) soonest = soonest == Duration::zero() ? *left : std::min(soonest, *left);
      data[concat(kSignaturePrefix, token->id)] = bootstrap::detachedSignature(content, token->id, token->secret);
    });
    return soonest;
  }

  static std::map<std::string, std::string> dataOf(const Object<ConfigMap>& map) {
    std::map<std::string, std::string> data;
    for (auto entry : map->getData()) data[str(view(entry.getKey()))] = str(view(entry.getValue()));
    return data;
  }

  // What is there stays as it is: an operator may publish another address.
  Task<Result<Reconciled>> publish() {
    Draft<ConfigMap> draft;
    draft.meta().setName(kMapName);
    draft.meta().setNamespace(kMapNamespace);
    auto entry = draft->initData(1)[0];
    entry.setKey(str(kKubeconfig));
    entry.setValue(kubeconfig_);
    auto created = co_await client_.create(std::move(draft));
    if (!created && created.error().reason != "AlreadyExists") co_return fail(created.error());
    co_return Reconciled();
  }

  std::string kubeconfig_;
  Client client_{context()};
  Informer<ConfigMap> maps_{
      context(), {.ns = kMapNamespace, .labelSelector = "", .fieldSelector = concat("metadata.name=", kMapName)}};
  Informer<Secret> secrets_{
      context(), {.ns = bootstrap::kNamespace, .labelSelector = "", .fieldSelector = bootstrap::kFieldSelector}};
};

}  // namespace

CLEAT_PLUGIN(BootstrapSigner, .name = "controller-bootstrap-signer", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "- secrets get,list,watch\n"
                 "- configmaps get,list,watch,create,update\n");
