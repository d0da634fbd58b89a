// Hub and Watch: who changed what, told to everyone who wants to know, once, in order and without gaps.
//
// A Watch is a cursor over the changes of one resource that the hub keeps in a bounded ring; nothing is queued per
// watcher, so a thousand of them share each event and a slow one costs nothing. `next` gives what comes after the
// cursor; when there is nothing, `onReady` says when to ask again. A watcher that falls behind the ring is told 410
// Gone and begins again.
#pragma once

#include <cleat/sdk/selector.h>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/object/catalogue.h"
#include "core/object/field_selector.h"
#include "core/store/store.h"

namespace cleat::bus {

using store::Change;
using store::ChangeType;

// Has objects converted to the version of a watch, so that Object::as finds them; `done` is called from any thread.
using Converted = std::function<void(Result<void>)>;
using ConvertObjects = std::function<void(std::vector<object::ObjectRef> objects, Converted done)>;

struct WatchSpec {
  object::KindRef kind;  // changes are given in this version
  std::string ns;        // empty: all
  LabelSelector labels;
  object::FieldSelector fields;
  uint64_t afterRevision = 0;
  ConvertObjects convert;  // where only a plugin converts to `kind`; null: such objects are a failure
};

class Watch {
 public:
  virtual ~Watch() = default;  // cancels; no callback runs afterwards
  // The next matching changes after the cursor, at most `max`; empty when there are none yet, or they are being
  // converted. An object that stops
  // matching the selectors appears as deleted, one that begins to as added. 410 when history no longer reaches back to
  // the cursor.
  virtual Result<std::vector<Change>> next(size_t max) = 0;
  // The revision up to which everything has been given: good for a bookmark.
  virtual uint64_t cursor() const = 0;
  // Calls `ready` once, from any thread, as soon as `next` may give something (at once if it may already). Replaces an
  // earlier one.
  virtual void onReady(std::function<void()> ready) = 0;
};

class Hub {
 public:
  // Becomes the store's listener.
  static std::unique_ptr<Hub> make(store::Store& store);
  virtual ~Hub() = default;
  // 410 when `afterRevision` is already out of history. Thread-safe.
  virtual Result<std::unique_ptr<Watch>> watch(WatchSpec spec) = 0;
  // Kinds have been replaced or withdrawn: wakes those who watch their objects, to see whether they still can.
  // `latest`: what there is now. Thread-safe.
  virtual void kindsChanged(const object::Catalogue& latest) = 0;
};

}  // namespace cleat::bus
