// An extension that is an HTTP server, as Kubernetes' scheduler extenders are: it filters and scores nodes for one pod
// at a time, and may bind. Pods of one class are asked about once.
#pragma once

#include <cleat/sdk/host_port.h>

#include <map>
#include <set>

#include "extensions/extender_json.h"
#include "extensions/extension.h"
#include "webhook-common/https_client.h"

namespace cleat::scheduling {

// A KubeSchedulerConfiguration's `extenders` entry.
struct ExtenderSettings {
  ExtensionSettings common;  // name: the urlPrefix; failsOpen: ignorable; timeout: httpTimeout
  std::string urlPrefix, filterVerb, prioritizeVerb, preemptVerb, bindVerb;
  bool nodeCacheCapable = false;
  std::set<std::string, std::less<>> managedResources;
  std::vector<std::string> ignoredByScheduler;  // of those
  // Of urlPrefix and tlsConfig.
  bool tls = false, trustsAnybody = false;
  std::string host, path, serverName, authorities, certificate, key;
  uint16_t port = 0;
};

Result<std::vector<ExtenderSettings>> readExtenders(const Config& config, const std::vector<Profile>& profiles);

class HttpExtender final : public Extension {
 public:
  HttpExtender(Context& context, ExtenderSettings settings, const ClusterState& state);
  void stop() override { client_.stop(); }

  bool concerns(const PodClass& podClass) const override;
  void nodeChanged(NodeIndex node) override { texts_.erase(node); }
  Task<Result<std::vector<ExtensionSaid>>> judge(std::vector<ExtensionQuestion> questions) override;
  bool binds(const PodClass& podClass) const override { return !extender_.bindVerb.empty() && concerns(podClass); }
  Task<Result<void>> bind(ExtensionPlacement placement) override;
  bool preempts(const PodClass& podClass) const override {
    return !extender_.preemptVerb.empty() && concerns(podClass);
  }
  Task<Result<std::vector<RoomOffer>>> preempt(Object<Pod> pod, std::vector<RoomOffer> offers) override;

 private:
  Task<Result<ExtensionSaid>> judgeOne(ExtensionQuestion question);
  Task<Result<std::string>> post(std::string verb, std::string body);
  ExtenderNodes named(const std::vector<NodeIndex>& nodes);
  // Whom it names on the node: one of those that it was asked about, or any other there.
  Result<Object<Pod>> podOn(NodeIndex node, const std::string& uid, const std::vector<RoomOffer>& offers) const;

  const ExtenderSettings extender_;
  const ClusterState& state_;
  webhook::HttpsClient client_;
  std::map<NodeIndex, std::string> texts_;  // nodes as JSON, until they change
};

}  // namespace cleat::scheduling
