// Cluster: everything one can ask of the cluster's objects, by whatever way they are reached. In a server it is the
// gate in front of the store; on a node it is a mirror of a server, over HTTPS. The host serves plugins from it and, in
// a server, the API serves HTTP from it.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/task.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/object/codec.h"
#include "core/object/object.h"

namespace cleat::bus {

using object::Kind;
using object::Message;
using object::ObjectRef;

class RequestNotes;  // request_notes.h
class RequestPlace;  // request_place.h

struct User {
  std::string name, uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;
  // Set by the host alone, to the plugin's name, when the request comes from a plugin in this process: no
  // authenticator can make a caller look like one.
  std::string plugin;
  // Where what is found out about the request is noted; null where nobody wants to know.
  std::shared_ptr<RequestNotes> notes = nullptr;
};

// A user that does not change any more, shared by all that acts in the name of it; and where a request of theirs has
// its place.
class UserRef {
 public:
  UserRef() = default;  // nobody yet
  UserRef(User user) : user_(std::make_shared<const User>(std::move(user))) {}
  const User& operator*() const { return *user_; }
  const User* operator->() const { return user_.get(); }

  // The same user, for a request that has this place until it has ended.
  UserRef at(RequestPlace& place) const {
    UserRef there = *this;
    there.place_ = &place;
    return there;
  }
  RequestPlace* place() const { return place_; }  // null: nobody waits for it

 private:
  std::shared_ptr<const User> user_;
  RequestPlace* place_ = nullptr;
};

// What whoever makes a request is told beside its answer.
using Warnings = std::vector<std::string>;

struct Target {
  object::KindRef kind;
  std::string subresource, ns, name;
};

struct ListOptions {
  std::string labelSelector, fieldSelector, continueToken;
  uint32_t limit = 0;
  uint64_t revision = 0;  // 0: the latest
  enum class Match { unset, exact, notOlderThan } match = Match::unset;
};

struct ListResult {
  uint64_t revision = 0;
  std::string continueToken;
  uint64_t remaining = 0;  // items after these; 0 if unknown
  std::vector<ObjectRef> objects;
  Warnings warnings;  // of what was done to them
};

struct WriteOptions {
  bool dryRun = false;
  std::string fieldManager;  // as the request names it
  object::FieldValidation fieldValidation = object::FieldValidation::ignore;
  bool saysFieldValidation = false;  // the request does, rather than nobody
  std::string clientName = {};       // under whose name the fields are booked where no manager is named
  Warnings* warnings = nullptr;      // of a request that fails; of one that does not they are beside its answer
};

enum class PatchType { json, merge, strategic, apply };

struct DeleteOptions {
  std::optional<int64_t> gracePeriodSeconds;
  std::string propagationPolicy;  // "", "Orphan", "Background", "Foreground"
  std::string preconditionUid;
  uint64_t preconditionRevision = 0;
  bool dryRun = false;
  std::optional<bool> orphanDependents = {};  // the older way in which the policy was asked for
  Warnings* warnings = nullptr;
};

struct Written {
  ObjectRef object;      // as it stands; null where the answer is a plain success
  bool created = false;  // a 201
  bool removed = false;  // a delete that took effect at once: `object` is the last state
  Warnings warnings;
};

struct ClusterChange {
  enum class Type { added, modified, deleted, synced, restarted } type;
  uint64_t revision = 0;
  ObjectRef object;  // null for synced and restarted
};

// How often a subscription says, while nothing happens, how far it has come.
inline constexpr int64_t kBookmarkNs = 60'000'000'000;

// A list followed by every later change, resumed by itself as ABI's watch says. `next` gives what has come, at most
// `max`.
class Subscription {
 public:
  virtual ~Subscription() = default;
  virtual std::vector<ClusterChange> next(size_t max) = 0;
  virtual void onReady(std::function<void()> ready) = 0;
  // Set when it cannot go on: not allowed, no such kind.
  virtual std::optional<Status> failure() const = 0;
};

class Cluster {
 public:
  virtual ~Cluster() = default;

  // Thread-safe. Every call passes authorization as `user`. A Task may be resumed on any thread.
  virtual Task<Result<ObjectRef>> get(UserRef user, Target target) = 0;
  virtual Task<Result<ListResult>> list(UserRef user, Target target, ListOptions options) = 0;
  virtual Task<Result<std::unique_ptr<Subscription>>> subscribe(UserRef user, Target target, std::string labelSelector,
                                                                std::string fieldSelector) = 0;
  // `body` is checked; the target's name may be empty when the body's generateName is set.
  virtual Task<Result<Written>> create(UserRef user, Target target, Ref<Message> body, WriteOptions options) = 0;
  virtual Task<Result<Written>> update(UserRef user, Target target, Ref<Message> body, WriteOptions options) = 0;
  virtual Task<Result<Written>> patch(UserRef user, Target target, PatchType type, std::string body,
                                      WriteOptions options, bool force) = 0;
  virtual Task<Result<Written>> remove(UserRef user, Target target, DeleteOptions options) = 0;
  // Each object that the selectors choose; gives the list of what was there.
  virtual Task<Result<ListResult>> removeCollection(UserRef user, Target target, ListOptions selection,
                                                    DeleteOptions options) = 0;
};

}  // namespace cleat::bus
