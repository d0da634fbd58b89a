// Every kind that the SDK knows, by Kubernetes' own examples: what is read as JSON, written as a struct and shown to
// expressions, to webhooks and to patches is what it was.
#include <cleat/sdk/json_tree.h>
#include <gtest/gtest.h>

#include <capnp/message.h>
#include <cleat_folders.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "policy-common/json_values.h"
#include "policy-common/known_kinds.h"
#include "policy-common/object_document.h"
#include "policy-common/object_json.h"
#include "policy-common/struct_values.h"
#include "policy-common/struct_writer.h"

namespace cleat::policy {
namespace {

// "apps.v1.Deployment", "storage.k8s.io.v1.CSINode".
std::optional<capnp::StructSchema> schemaOf(const std::string& name) {
  const size_t kind = name.rfind('.'), version = name.rfind('.', kind - 1);
  const std::string group = name.substr(0, version);
  return structOf({group == "core" ? "" : std::string_view(group),
                   std::string_view(name).substr(version + 1, kind - version - 1),
                   std::string_view(name).substr(kind + 1)});
}

// Where two documents differ first; empty where they do not.
std::string differenceOf(const Document& a, const Document& b, const std::string& path) {
  if (a.isObject() && b.isObject()) {
    for (size_t i = 0; i < a.names.size(); ++i) {
      const Document* other = b.find(a.names[i]);
      if (!other) return path + "." + a.names[i] + " is lost";
      std::string below = differenceOf(a.items[i], *other, path + "." + a.names[i]);
      if (!below.empty()) return below;
    }
    return "";
  }
  if (a.isList() && b.isList() && a.items.size() == b.items.size()) {
    for (size_t i = 0; i < a.items.size(); ++i) {
      std::string below = differenceOf(a.items[i], b.items[i], path + "[" + std::to_string(i) + "]");
      if (!below.empty()) return below;
    }
    return "";
  }
  // Nothing in a map of texts is an empty one.
  const bool bothEmpty = a.type == Document::Type::null && b == Document::ofText("");
  return a == b || bothEmpty ? "" : path + " differs";
}

// Versions are numbers here; the examples have any text.
void setVersions(Document& document) {
  if (Document* version = document.find("resourceVersion"); version && version->type == Document::Type::text)
    version->text = "7";
  for (Document& item : document.items) setVersions(item);
}

// What the text that is written of the struct says.
Result<Document> textOf(capnp::DynamicStruct::Reader from) {
  std::string text;
  appendStructJson(text, from, layoutOf(from.getSchema()));
  CLEAT_TRY(JsonTree tree, JsonTree::parse(text));
  return documentOf(jsonValue(tree.view()));
}

// What is written of a document that nobody has opened.
std::string writtenUnopened(capnp::DynamicStruct::Reader from) {
  Document document = Document::ofType(Document::Type::unopened);
  document.unopened = std::make_shared<const Unopened>(
      Unopened{.from = from, .layout = &layoutOf(from.getSchema()), .schema = from.getSchema()});
  open(document);
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<capnp::DynamicStruct>(from.getSchema());
  auto written = writeStruct(document, root);
  if (!written) return written.error().message;
  std::string before, after;
  appendStructJson(before, from, layoutOf(from.getSchema()));
  appendStructJson(after, root.asReader(), layoutOf(from.getSchema()));
  return before == after ? "" : after;
}

TEST(Fixtures, SurviveBecomingStructsAndValues) {
  const std::string folder = std::string(CLEAT_REFERENCE_DIR) + "/api-fixtures";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "there is no reference beside this tree";
  int tried = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const std::string name = entry.path().stem();
    auto schema = schemaOf(name);
    if (!schema) continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    auto tree = JsonTree::parse(text);
    ASSERT_TRUE(tree) << name;
    Document before = *documentOf(jsonValue(tree->view()));
    (void)before.erase("apiVersion");
    (void)before.erase("kind");
    setVersions(before);
    capnp::MallocMessageBuilder message;
    auto root = message.initRoot<capnp::DynamicStruct>(*schema);
    auto written = writeStruct(before, root);
    ASSERT_TRUE(written) << name << ": " << written.error().message;
    auto after = documentOf(structValue(root.asReader()));
    ASSERT_TRUE(after) << name;
    EXPECT_EQ(differenceOf(before, *after, name), "");
    auto shown = textOf(root.asReader());
    ASSERT_TRUE(shown) << name << ": " << shown.error().message;
    EXPECT_EQ(differenceOf(*after, *shown, name), "");
    EXPECT_EQ(differenceOf(*shown, *after, name), "");
    EXPECT_EQ(writtenUnopened(root.asReader()), "") << name;
    ++tried;
  }
  EXPECT_GT(tried, 50);
}

}  // namespace
}  // namespace cleat::policy
