// Keys and certificates of the pods on this node, for their podCertificate volumes. The agent makes a key, asks the
// volume's signer for a certificate by a PodCertificateRequest, and gives both out when it has been issued; from the
// time that the signer says on it asks for another one, with another key, and the old one serves until that is there.
//
// Keys are in memory and in the pod's volume only. An agent that starts again asks anew: the pod has what it had until
// then. What a signer has refused is not asked for again for the same pod; one that is refused another certificate
// keeps the files that it has. Events about the pod say what was refused, and which certificate should have been
// replaced by now or has ended. Strand only.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "node/own_node.h"

namespace cleat::agent {

// One podCertificate source of a pod's volume.
struct PodCertificateSpec {
  std::string podNamespace, podName, podUid;
  std::string serviceAccount;
  std::string volume;
  uint32_t source = 0;  // its place in the volume
  std::string signer, keyType;
  std::optional<int32_t> maxExpirationSeconds;
  std::map<std::string, std::string> annotations;
};

// Both in PEM.
struct PodCredential {
  std::string key, chain;
};

class PodCertificates {
 public:
  PodCertificates(Context& context, OwnNode& node, EventRecorder& events)
      : context_(context), client_(context), node_(node), events_(events) {}

  // Called with the uid of a pod for which a request has been answered, or has gone.
  void onChange(std::function<void(const std::string& podUid)> changed) { changed_ = std::move(changed); }

  // Asks for it where it has not been asked for, or is to be renewed. Fails while there is none, and for good when the
  // signer has refused it.
  Task<Result<PodCredential>> credential(PodCertificateSpec spec);

  // When something is to be done next for the pod's certificates, short of an answer; none if there is nothing.
  std::optional<WallTime> refreshAt(const std::string& podUid) const;
  void forget(const std::string& podUid);

 private:
  using Request = certificates_v1::PodCertificateRequest;

  struct Pending {
    std::string ns, name, privatePem;
    uint64_t revision = 0;  // that it was created at
  };
  struct Issued {
    PodCredential credential;
    WallTime refreshAt{}, expiresAt{};
    bool saidOverdue = false, saidExpired = false;
  };
  struct Entry {
    ObjectReference pod;
    std::optional<Pending> pending;
    std::optional<Issued> issued;
    std::string refusal;      // for good
    WallTime renewAgainAt{};  // nothing that is to follow `issued` is asked for earlier
  };

  void watch();
  void tell(const Object<Request>& request) const;
  // Takes in what has become of the request that is on its way.
  void look(Entry& entry);
  void take(Entry& entry, const Object<Request>& request);
  bool isDue(const Entry& entry) const;
  void sayLate(Entry& entry);
  Task<Result<Pending>> ask(PodCertificateSpec spec);
  Task<Result<Draft<Request>>> requestFor(PodCertificateSpec spec);

  Context& context_;
  Client client_;
  OwnNode& node_;
  EventRecorder& events_;
  std::function<void(const std::string&)> changed_;
  std::shared_ptr<Informer<Request>> requests_;  // from the first one on
  std::map<std::string, Entry> entries_;         // by "UID/VOLUME/SOURCE"
};

}  // namespace cleat::agent
