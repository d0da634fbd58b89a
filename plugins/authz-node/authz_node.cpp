// Authorizes nodes: each for what it is there for.
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/node_identity.h>
#include <cleat/sdk/pod_state.h>
#include <cleat/sdk/roles.h>

#include "node_rules.h"
#include "pod_graph.h"
#include "volume-common/local_path_names.h"

using namespace cleat;
using namespace cleat::authz_node;
using certificates_v1::PodCertificateRequest;
using core_v1::PersistentVolume;
using core_v1::Pod;
using resource_v1::ResourceSlice;
using storage_v1::VolumeAttachment;

namespace {

// A node hears of a pod at the same time as this plugin, and may be quicker: what is refused for want of a pod is
// looked at again for so long.
constexpr Duration kLookAgain = std::chrono::milliseconds(20);
constexpr int kLooks = 10;

// Of a volume, those that its driver is given on nodes.
std::vector<std::string> secretsOf(const Object<PersistentVolume>& volume) {
  std::vector<std::string> keys;
  auto add = [&](core_v1::SecretReference::Reader secret) {
    if (secret.getName().size() > 0) keys.push_back(concat(secret.getNamespace(), "/", secret.getName()));
  };
  auto csi = volume->getSpec().getCsi();
  add(csi.getNodeStageSecretRef());
  add(csi.getNodePublishSecretRef());
  add(csi.getNodeExpandSecretRef());
  add(volume->getSpec().getFlexVolume().getSecretRef());
  return keys;
}

class NodeAuthorizer : public AuthorizerPlugin {
 public:
  using AuthorizerPlugin::AuthorizerPlugin;

  Task<Result<void>> start() override {
    pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) {
      if (now) {
        graph_.put(now);
      } else {
        graph_.remove(before.key());
      }
    });
    requests_.onChange([this](const Object<PodCertificateRequest>& before, const Object<PodCertificateRequest>& now) {
      graph_.setNode(PodGraph::Kind::podCertificate, now ? now : before, now ? view(now->getSpec().getNodeName()) : "");
    });
    slices_.onChange([this](const Object<ResourceSlice>& before, const Object<ResourceSlice>& now) {
      graph_.setNode(PodGraph::Kind::resourceSlice, now ? now : before, now ? view(now->getSpec().getNodeName()) : "");
    });
    attachments_.onChange([this](const Object<VolumeAttachment>& before, const Object<VolumeAttachment>& now) {
      graph_.setNode(PodGraph::Kind::volumeAttachment, now ? now : before,
                     now ? view(now->getSpec().getNodeName()) : "");
    });
    volumes_.onChange([this](const Object<PersistentVolume>& before, const Object<PersistentVolume>& now) {
      auto claim = now ? now->getSpec().getClaimRef() : core_v1::ObjectReference::Reader();
      graph_.setClaim((now ? now : before).name(), view(claim.getNamespace()), view(claim.getName()));
      graph_.setSecrets((now ? now : before).name(), now ? secretsOf(now) : std::vector<std::string>());
      graph_.setNode(PodGraph::Kind::localVolume, now ? now : before,
                     now ? label(now.meta(), local_path::kNode).value_or("") : "");
    });
    // These kinds need not be there: nobody waits for them.
    requests_.start();
    slices_.start();
    volumes_.start();
    attachments_.start();
    co_await pods_.waitSynced();
    co_return Result<void>();
  }

  Task<Result<void>> authorize(role::Attributes::Reader attributes, Call<role::AuthorizeResults>& call) override {
    call.results().setDecision(role::Decision::NO_OPINION);
    const std::optional<std::string_view> found = nodeNameOf(attributes.getUser());
    if (!found) co_return Result<void>();
    const std::string node(*found);
    if (node.empty()) {
      call.results().setReason(concat("node: unknown node for user \"", attributes.getUser().getName(), "\""));
      co_return Result<void>();
    }
    Verdict verdict = judge(graph_, node, attributes);
    for (int look = 0; verdict.unrelated && look < kLooks; ++look) {
      co_await context().sleep(kLookAgain);
      verdict = judge(graph_, node, attributes);
    }
    if (verdict.allowed) call.results().setDecision(role::Decision::ALLOW);
    call.results().setReason(verdict.reason);
    co_return Result<void>();
  }

  // Others get nothing here; what a node may depends on its pods, and cannot be listed in full.
  Task<Result<void>> rules(role::RulesParams::Reader params, Call<role::RulesResults>& call) override {
    auto results = call.results();
    if (!nodeNameOf(params.getUser())) co_return Result<void>();
    writeRules(results);
    results.setIncomplete(true);
    co_return Result<void>();
  }

 private:
  PodGraph graph_;
  Informer<Pod> pods_{context(), {.only = isBound}};
  Informer<PodCertificateRequest> requests_{context()};
  Informer<ResourceSlice> slices_{context()};
  Informer<PersistentVolume> volumes_{context()};
  Informer<VolumeAttachment> attachments_{context()};
};

}  // namespace

CLEAT_PLUGIN(NodeAuthorizer, .name = "authz-node", .version = "0.1.0", .maturity = "beta", .roles = "authorizer",
             .grants =
                 "- persistentvolumes,pods get,list,watch\n"
                 "certificates.k8s.io podcertificaterequests get,list,watch\n"
                 "resource.k8s.io resourceslices get,list,watch\n"
                 "storage.k8s.io volumeattachments get,list,watch\n");
