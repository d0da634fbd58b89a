// Extension: somebody outside of the scheduler who has a say in where pods go, whichever way it is asked: a plugin of
// the role scheduler-extension (plugin_extension.h), or an HTTP server (http_extender.h). Here is what they have in
// common: the settings, and that one which does not answer is left alone for a while.
#pragma once

#include <cleat/sdk/context.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cycle/extension_verdict.h"
#include "preemption/room_offer.h"
#include "state/cluster_state.h"

namespace cleat::scheduling {

struct ExtensionSettings {
  std::string name;                   // as messages say it
  std::vector<std::string> profiles;  // none: all
  int64_t weight = 1;
  bool failsOpen = false;  // what it does not say is taken to be yes
  Duration timeout = std::chrono::seconds(1);
  Duration permitTimeout = std::chrono::seconds(10);
};

// Equal pods that are to be placed.
struct ExtensionQuestion {
  ClassRef podClass;
  uint32_t pods = 0;
  std::vector<uint8_t> candidates;  // as ClassView gives them
};

struct ExtensionPlacement {
  Object<Pod> pod;
  ClassRef podClass;
  std::string node;
};

class Extension {
 public:
  Extension(Context& context, ExtensionSettings settings) : context_(context), settings_(std::move(settings)) {}
  virtual ~Extension() = default;
  // Before the plugin ends.
  virtual void stop() {}

  const ExtensionSettings& settings() const { return settings_; }
  bool isFor(const Profile& profile) const {
    const auto& names = settings_.profiles;
    return names.empty() || std::ranges::find(names, profile.schedulerName) != names.end();
  }
  // Whether it wants to be asked about such pods.
  virtual bool concerns(const PodClass& podClass) const = 0;
  virtual void nodeChanged(NodeIndex) {}

  // What is said of each question, in order; an error where it is not known.
  virtual Task<Result<std::vector<ExtensionSaid>>> judge(std::vector<ExtensionQuestion> questions) = 0;

  // What it wants to be asked about a placement, and the answers: an error of the second kind is a failure of the
  // extension, about which the settings decide; a refusal has the code 403.
  virtual bool reserves() const { return false; }
  virtual Task<std::vector<Result<void>>> reserve(std::vector<ExtensionPlacement> placements);
  virtual Task<void> unreserve(std::vector<ExtensionPlacement> placements);
  // Whether one of the next two asks it anything.
  virtual bool prepares() const { return false; }
  virtual Task<Result<void>> permit(ExtensionPlacement placement);
  virtual Task<Result<void>> preBind(ExtensionPlacement placement);
  virtual Task<void> postBind(ExtensionPlacement placement);
  // Whether it binds such pods, instead of the scheduler.
  virtual bool binds(const PodClass&) const { return false; }
  virtual Task<Result<void>> bind(ExtensionPlacement placement);
  // Whether it has a say in which room is made for such pods, and what it makes of the offers: fewer nodes, or others,
  // and who would have to go there.
  virtual bool preempts(const PodClass&) const { return false; }
  virtual Task<Result<std::vector<RoomOffer>>> preempt(Object<Pod> pod, std::vector<RoomOffer> offers);

  // Whether it is left alone now: it has not answered lately. The error says so.
  Result<void> mayBeAsked() const;
  // What came of asking it.
  void answered() { pause_ = Duration(0); }
  void didNotAnswer(const Status& why);

 protected:
  Context& context_;

 private:
  const ExtensionSettings settings_;
  Instant restsUntil_{};
  Duration pause_{};
  std::string lastFault_;
};

inline Status refusedBy(std::string_view why) { return Status::forbidden(std::string(why)); }
inline bool isRefusal(const Status& status) { return status.code == 403; }

}  // namespace cleat::scheduling
