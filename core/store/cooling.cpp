#include "core/store/cooling.h"

namespace cleat::store {

namespace {

// By which an object's text is read now. Only open kinds are replaced under objects that are there.
object::KindRef presentKind(const object::Object& object, const object::Catalogue& catalogue) {
  const object::Kind& own = object.kind();
  object::KindRef present = own.open ? catalogue.findStored(*own.storage, own.apiVersion()) : nullptr;
  return present ? present : object::KindRef::share(&own);
}

// As it comes from the disk, so that nobody keeps the schema that it was written by.
ObjectRef readBy(const object::Kind& kind, const object::Object& object) {
  return makeRef<const object::Object>(kind, object.ns(), object.name(), object.revision(), object.json());
}

}  // namespace

Cooling::Step Cooling::step(ObjectMaps& maps, size_t most, const object::Catalogue& catalogue) {
  Step step;
  for (; resource_ < maps.size(); ++resource_, within_ = false) {
    if (!within_) ns_ = name_ = {};
    std::vector<ObjectRef> anew;
    ObjectRef last;
    // What a visit gives stays while the map it is of does not change.
    maps[resource_].visit({ns_, name_}, within_ ? ObjectMap::Begin::after : ObjectMap::Begin::at,
                          [&](const ObjectRef& object) {
                            last = object;
                            const bool wanted = object->takeWanted();
                            if (!wanted && !object->knownProblem()) {
                              object::KindRef kind = presentKind(*object, catalogue);
                              if (kind.get() != &object->kind() || object->hasVersions()) {
                                anew.push_back(readBy(*kind, *object));
                              } else if (object->hasMade()) {
                                object->dropMade();
                                ++step.cooled;
                              }
                            }
                            return --most > 0;
                          });
    step.replaced += anew.size();
    for (ObjectRef& object : anew) maps[resource_].set(std::move(object));
    if (most == 0) {
      within_ = true;
      ns_ = last->ns();
      name_ = last->name();
      return step;
    }
  }
  resource_ = 0;
  step.ended = true;
  return step;
}

}  // namespace cleat::store
