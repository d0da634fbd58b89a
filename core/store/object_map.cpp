#include "core/store/object_map.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "core/base/prefetch.h"

namespace cleat::store {

using object::Object;
using object::ObjectRef;
using Key = ObjectMap::Key;

namespace {

// Wide enough for a shallow tree, narrow enough that copying a path stays cheap.
constexpr size_t kMost = 16;
constexpr size_t kLeast = 6;

Key keyOf(const Object& object) { return {object.ns(), object.name()}; }

}  // namespace

// A leaf holds objects, an inner node holds children. A node may be changed only while it is unshared, which includes
// every node on the way to it.
struct MapNode : RefCounted {
  bool isLeaf = true;
  size_t objectCount = 0;
  std::vector<ObjectRef> objects;
  std::vector<Ref<MapNode>> children;
  // Per child its first object, which the child holds.
  std::vector<const Object*> firsts;

  size_t width() const { return isLeaf ? objects.size() : children.size(); }
  const Object* first() const { return isLeaf ? objects.front().get() : firsts.front(); }
};

namespace {

Ref<MapNode> makeNode(bool isLeaf) {
  Ref<MapNode> node = makeRef<MapNode>();
  node->isLeaf = isLeaf;
  if (isLeaf) {
    node->objects.reserve(kMost + 1);
  } else {
    node->children.reserve(kMost + 1);
    node->firsts.reserve(kMost + 1);
  }
  return node;
}

void makeUnshared(Ref<MapNode>& node) {
  if (node->unique()) return;
  Ref<MapNode> copy = makeNode(node->isLeaf);
  copy->objectCount = node->objectCount;
  copy->objects.insert(copy->objects.end(), node->objects.begin(), node->objects.end());
  copy->children.insert(copy->children.end(), node->children.begin(), node->children.end());
  copy->firsts.insert(copy->firsts.end(), node->firsts.begin(), node->firsts.end());
  node = std::move(copy);
}

// In a leaf: where `key` is or would be.
size_t lowerBound(const MapNode& leaf, Key key) {
  size_t low = 0, high = leaf.objects.size();
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (keyOf(*leaf.objects[middle]) < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// In an inner node: the child that `key` is in or would go to.
size_t childFor(const MapNode& node, Key key) {
  size_t low = 1, high = node.firsts.size();
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (keyOf(*node.firsts[middle]) <= key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

void recount(MapNode& node) {
  if (node.isLeaf) {
    node.objectCount = node.objects.size();
    return;
  }
  node.objectCount = 0;
  for (const auto& child : node.children) node.objectCount += child->objectCount;
}

template <class T>
void moveTail(std::vector<T>& from, size_t begin, std::vector<T>& to) {
  for (size_t i = begin; i < from.size(); ++i) to.push_back(std::move(from[i]));
  from.resize(begin);
}

template <class T>
void insertAt(std::vector<T>& list, size_t index, T element) {
  list.insert(list.begin() + static_cast<ptrdiff_t>(index), std::move(element));
}

template <class T>
void eraseAt(std::vector<T>& list, size_t index) {
  list.erase(list.begin() + static_cast<ptrdiff_t>(index));
}

// The upper half of a node that has become too wide.
Ref<MapNode> split(MapNode& node) {
  Ref<MapNode> right = makeNode(node.isLeaf);
  size_t half = node.width() / 2;
  if (node.isLeaf) {
    moveTail(node.objects, half, right->objects);
  } else {
    moveTail(node.children, half, right->children);
    moveTail(node.firsts, half, right->firsts);
  }
  recount(node);
  recount(*right);
  return right;
}

// `node` is unshared. What was there before goes to `replaced`; what the node could not hold is returned.
Ref<MapNode> insert(MapNode& node, ObjectRef object, ObjectRef& replaced) {
  Key key = keyOf(*object);
  if (node.isLeaf) {
    size_t at = lowerBound(node, key);
    if (at < node.objects.size() && keyOf(*node.objects[at]) == key) {
      replaced = std::exchange(node.objects[at], std::move(object));
      return {};
    }
    insertAt(node.objects, at, std::move(object));
    ++node.objectCount;
  } else {
    size_t at = childFor(node, key);
    makeUnshared(node.children[at]);
    Ref<MapNode> rest = insert(*node.children[at], std::move(object), replaced);
    node.firsts[at] = node.children[at]->first();
    if (!replaced) ++node.objectCount;
    if (rest) {
      insertAt(node.firsts, at + 1, rest->first());
      insertAt(node.children, at + 1, std::move(rest));
    }
  }
  return node.width() > kMost ? split(node) : Ref<MapNode>();
}

// Makes one of two neighbours, or evens them out if that would be too wide. The right one is consumed or kept
// accordingly.
void joinOrShare(MapNode& parent, size_t left) {
  makeUnshared(parent.children[left]);
  makeUnshared(parent.children[left + 1]);
  MapNode& a = *parent.children[left];
  MapNode& b = *parent.children[left + 1];
  moveTail(b.objects, 0, a.objects);
  moveTail(b.children, 0, a.children);
  moveTail(b.firsts, 0, a.firsts);
  recount(a);
  if (a.width() > kMost) {
    Ref<MapNode> rest = split(a);
    parent.firsts[left + 1] = rest->first();
    parent.children[left + 1] = std::move(rest);
  } else {
    eraseAt(parent.children, left + 1);
    eraseAt(parent.firsts, left + 1);
  }
  parent.firsts[left] = a.first();
}

// `node` is unshared and `key` is in it.
ObjectRef remove(MapNode& node, Key key) {
  --node.objectCount;
  if (node.isLeaf) {
    size_t at = lowerBound(node, key);
    ObjectRef removed = std::move(node.objects[at]);
    eraseAt(node.objects, at);
    return removed;
  }
  size_t at = childFor(node, key);
  makeUnshared(node.children[at]);
  MapNode& child = *node.children[at];
  ObjectRef removed = remove(child, key);
  if (child.width() < kLeast) {
    joinOrShare(node, at > 0 ? at - 1 : at);
  } else {
    node.firsts[at] = child.first();
  }
  return removed;
}

bool visitFrom(const MapNode& node, const Key* from, ObjectMap::Begin begin,
               const std::function<bool(const ObjectRef&)>& visit) {
  if (node.isLeaf) {
    size_t at = from != nullptr ? lowerBound(node, *from) : 0;
    if (from != nullptr && begin == ObjectMap::Begin::after && at < node.objects.size() &&
        keyOf(*node.objects[at]) == *from) {
      ++at;
    }
    constexpr size_t kAhead = 8;
    for (size_t i = at; i < std::min(at + kAhead, node.objects.size()); ++i) base::prefetch(node.objects[i].get());
    for (; at < node.objects.size(); ++at) {
      if (at + kAhead < node.objects.size()) base::prefetch(node.objects[at + kAhead].get());
      if (!visit(node.objects[at])) return false;
    }
    return true;
  }
  size_t at = from != nullptr ? childFor(node, *from) : 0;
  for (size_t i = at; i < node.children.size(); ++i) {
    if (i + 2 < node.children.size()) base::prefetch(node.children[i + 2].get());
    if (i + 1 < node.children.size()) base::prefetch(node.children[i + 1]->objects.data());
    if (!visitFrom(*node.children[i], i == at ? from : nullptr, begin, visit)) return false;
  }
  return true;
}

void require(bool condition) {
  if (!condition) std::abort();
}

// Gives the depth; `last` is the object before the node's first.
size_t checkNode(const MapNode& node, bool isRoot, const Object*& last) {
  require(node.width() <= kMost && (isRoot || node.width() >= kLeast));
  if (node.isLeaf) {
    require(node.objectCount == node.objects.size() && node.children.empty() && node.firsts.empty());
    for (const auto& object : node.objects) {
      require(last == nullptr || keyOf(*last) < keyOf(*object));
      last = object.get();
    }
    return 1;
  }
  require(node.children.size() >= 2 && node.firsts.size() == node.children.size() && node.objects.empty());
  size_t depth = 0, count = 0;
  for (size_t i = 0; i < node.children.size(); ++i) {
    require(node.firsts[i] == node.children[i]->first());
    size_t below = checkNode(*node.children[i], false, last);
    require(depth == 0 || depth == below);
    depth = below;
    count += node.children[i]->objectCount;
  }
  require(count == node.objectCount);
  return depth + 1;
}

}  // namespace

ObjectMap::ObjectMap() = default;
ObjectMap::ObjectMap(const ObjectMap&) = default;
ObjectMap::ObjectMap(ObjectMap&&) noexcept = default;
ObjectMap::~ObjectMap() = default;

ObjectMap& ObjectMap::operator=(ObjectMap other) noexcept {
  std::swap(root_, other.root_);
  return *this;
}

size_t ObjectMap::size() const { return root_ ? root_->objectCount : 0; }

ObjectRef ObjectMap::find(Key key) const {
  const MapNode* node = root_.get();
  if (node == nullptr) return {};
  while (!node->isLeaf) node = node->children[childFor(*node, key)].get();
  size_t at = lowerBound(*node, key);
  if (at == node->objects.size() || keyOf(*node->objects[at]) != key) return {};
  return node->objects[at];
}

ObjectRef ObjectMap::set(ObjectRef object) {
  if (!root_) root_ = makeNode(true);
  makeUnshared(root_);
  ObjectRef replaced;
  if (Ref<MapNode> rest = insert(*root_, std::move(object), replaced)) {
    Ref<MapNode> root = makeNode(false);
    root->objectCount = root_->objectCount + rest->objectCount;
    root->firsts = {root_->first(), rest->first()};
    root->children.push_back(std::move(root_));
    root->children.push_back(std::move(rest));
    root_ = std::move(root);
  }
  return replaced;
}

ObjectRef ObjectMap::erase(Key key) {
  if (!find(key)) return {};
  makeUnshared(root_);
  ObjectRef removed = remove(*root_, key);
  if (root_->width() == 0) {
    root_ = {};
  } else if (!root_->isLeaf && root_->width() == 1) {
    root_ = Ref<MapNode>(root_->children.front());
  }
  return removed;
}

void ObjectMap::visit(Key from, Begin begin, const std::function<bool(const ObjectRef&)>& visit) const {
  if (root_) visitFrom(*root_, &from, begin, visit);
}

void ObjectMap::check() const {
  const Object* last = nullptr;
  if (root_) checkNode(*root_, true, last);
}

}  // namespace cleat::store
