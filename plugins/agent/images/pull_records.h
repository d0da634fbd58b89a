// Which images this agent has pulled, and with which secrets: kept in its data folder as the kubelet keeps them
// (pulling/ and pulled/, files of ImagePullIntent and ImagePulledRecord), so that an image which took a credential is
// not for pods without one.
//
//   CLEAT_CO_TRY(co_await records.beginPull(image));
//   …
//   co_await records.pulled(image, name, id, secret);      // or pullFailed(image)
//
// A pull is known here before it begins: an image that comes while the machine goes down was pulled with a credential
// that nobody remembers, and everyone has to show one. A record that cannot be read counts like that too.
//
// Strand only; `open` comes before anything else.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/keyed_lock.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "image-common/image_name.h"

namespace cleat::agent {

// A secret that has a credential for an image's repository.
struct PullSecret {
  std::string ns, name, uid;
  std::string credentialHash;

  bool isOf(const PullSecret& other) const { return ns == other.ns && name == other.name && uid == other.uid; }
  bool operator==(const PullSecret&) const = default;
};

class PullRecords {
 public:
  explicit PullRecords(Context& context) : context_(context), turns_(context) {}

  Task<Result<void>> open(std::string folder);

  Task<Result<void>> beginPull(std::string image);
  Task<void> pullFailed(std::string image);
  // Nobody waits for it any more, and the image may still come: as one that another process has left.
  void pullAbandoned(const std::string& image);
  // `secret` is the one that the registry took; none if it wanted none, which makes the image everybody's.
  Task<void> pulled(std::string image, ImageName name, std::string imageId, std::optional<PullSecret> secret);

  // Whether the image came by a pull, as far as is known. `names` is what it is called, as the runtime lists it: it may
  // have come by a pull that has not told yet.
  bool wasPulled(const std::string& imageId, const std::set<std::string>& names) const;
  // Whether the repository's image came with one of these secrets: one of the same identity, or with the same
  // credential.
  bool mayUse(const ImageName& name, const std::string& imageId, const std::vector<PullSecret>& secrets) const;

  // Images whose pulls nobody has seen end, in this process or the one before, by what they were called.
  std::vector<std::string> abandoned() const;
  // What has become of one of them: the id of the image that is there now; empty when there is none. That is taken for
  // the end only when no pull can take that long.
  Task<void> settle(std::string image, std::string imageId);

  // Forgets all images but these, which were there at some time after `asOf`, and those that have come since.
  Task<void> keepOnly(std::set<std::string> imageIds, Instant asOf);

 private:
  struct Access {
    bool everybody = false;
    std::vector<PullSecret> secrets;
    bool operator==(const Access&) const = default;
  };
  struct Record {
    std::map<std::string, Access> access;  // by "registry/repository"
    Instant writtenAt{};                   // by this process; the beginning of time: by an earlier one
  };
  struct Loaded;

  Task<void> endPull(std::string image);
  Task<void> keep(std::string imageId);
  static Loaded load(const std::string& folder);
  std::string text(const std::string& imageId, const Record& record) const;

  Context& context_;
  std::string folder_;
  std::map<std::string, Record> records_;     // by the image's id
  std::set<std::string> unreadable_;          // names of files that may be records
  std::map<std::string, int> pulling_;        // by the image's name as asked for: how many pulls go on
  std::map<std::string, Instant> abandoned_;  // since when
  KeyedLock turns_;                           // one write of a file at a time
};

}  // namespace cleat::agent
