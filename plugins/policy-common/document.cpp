#include "policy-common/document.h"

#include <cleat/cel/type.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "policy-common/object_document.h"

namespace cleat::policy {

Document Document::ofType(Type type) {
  Document made;
  made.type = type;
  return made;
}

Document Document::ofText(std::string text) {
  Document made = ofType(Type::text);
  made.text = std::move(text);
  return made;
}

const Document* Document::find(std::string_view name) const {
  auto at = std::ranges::lower_bound(names, name);
  return at != names.end() && *at == name ? &items[static_cast<size_t>(at - names.begin())] : nullptr;
}

Document* Document::find(std::string_view name) { return const_cast<Document*>(std::as_const(*this).find(name)); }

Document& Document::set(std::string_view name, Document value) {
  if (Document* there = find(name)) return *there = std::move(value);
  const auto at = std::ranges::lower_bound(names, name) - names.begin();
  names.insert(names.begin() + at, str(name));
  return *items.insert(items.begin() + at, std::move(value));
}

bool Document::erase(std::string_view name) {
  auto at = std::ranges::lower_bound(names, name);
  if (at == names.end() || *at != name) return false;
  items.erase(items.begin() + (at - names.begin()));
  names.erase(at);
  return true;
}

bool Document::operator==(const Document& other) const {
  const bool numeric = type == Type::integer || type == Type::number;
  if (numeric && (other.type == Type::integer || other.type == Type::number)) {
    if (type == Type::integer && other.type == Type::integer) return integer == other.integer;
    const double mine = type == Type::integer ? static_cast<double>(integer) : number;
    return mine == (other.type == Type::integer ? static_cast<double>(other.integer) : other.number);
  }
  return type == other.type && boolean == other.boolean && text == other.text && names == other.names &&
         items == other.items && unopened == other.unopened;
}

namespace {

// Values can be made that are beyond all measure when they are written out.
constexpr size_t kMostValues = 1'000'000;

Result<Document> documentWithin(const cel::Value& value, size_t& count) {
  if (++count > kMostValues) return fail(Status::badRequest("the value is too large"));
  Document made;
  switch (value.kind()) {
    case cel::ValueKind::null: return made;
    case cel::ValueKind::boolean:
      made.type = Document::Type::boolean;
      made.boolean = value.asBoolean();
      return made;
    case cel::ValueKind::integer:
      made.type = Document::Type::integer;
      made.integer = value.asInteger();
      return made;
    case cel::ValueKind::unsignedInteger:
      made.type = Document::Type::integer;
      made.integer = static_cast<int64_t>(value.asUnsigned());
      return made;
    case cel::ValueKind::floating:
      made.type = Document::Type::number;
      made.number = value.asFloating();
      return made;
    case cel::ValueKind::text: return Document::ofText(str(value.asText()));
    case cel::ValueKind::duration:
    case cel::ValueKind::timestamp: return Document::ofText(cel::shown(value));
    case cel::ValueKind::list:
      made.type = Document::Type::list;
      for (size_t i = 0; i < value.asList().size(); ++i) {
        CLEAT_TRY(Document item, documentWithin(value.asList().at(i), count));
        made.items.push_back(std::move(item));
      }
      return made;
    case cel::ValueKind::map: {
      made.type = Document::Type::object;
      const cel::MapValue& map = value.asMap();
      const size_t members = map.size();
      for (size_t i = 0; i < members; ++i) {
        const cel::Value key = map.keyAt(i);
        if (!key.is(cel::ValueKind::text)) return fail(Status::badRequest("keys of objects must be strings"));
        CLEAT_TRY(Document member, documentWithin(map.valueAt(i), count));
        made.set(key.asText(), std::move(member));
      }
      return made;
    }
    case cel::ValueKind::error: return fail(Status::badRequest(str(value.message())));
    default: return fail(Status::badRequest(concat("unsupported type ", cel::typeOf(value)->name)));
  }
}

}  // namespace

Result<Document> documentOf(const cel::Value& value) {
  size_t count = 0;
  return documentWithin(value, count);
}

void writeDocument(const Document& from, open_v1::JsonValue::Builder to) {
  switch (from.type) {
    case Document::Type::null: return to.setNull();
    case Document::Type::boolean: return to.setBoolean(from.boolean);
    case Document::Type::integer: return to.setInteger(from.integer);
    case Document::Type::number: return to.setFloat(from.number);
    case Document::Type::text: return to.setText(from.text);
    case Document::Type::list: {
      auto items = to.initList(static_cast<uint32_t>(from.items.size()));
      for (uint32_t i = 0; i < items.size(); ++i) writeDocument(from.items[i], items[i]);
      return;
    }
    case Document::Type::object: {
      auto members = to.initObject(static_cast<uint32_t>(from.items.size()));
      for (uint32_t i = 0; i < members.size(); ++i) {
        members[i].setName(from.names[i]);
        writeDocument(from.items[i], members[i]);
      }
      return;
    }
    case Document::Type::unopened: {
      Document whole = from;
      openWhole(whole);
      return writeDocument(whole, to);
    }
  }
}

}  // namespace cleat::policy
