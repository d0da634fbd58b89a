// What Kubernetes says of the same schemas and objects. Each line of kubernetes_answers.jsonl has a schema, maybe an
// object and what it was before, and what the validation of Kubernetes 1.37 found (tests/conformance/schema_answers
// asks it).
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "cleat_folders.h"
#include "schema_text.h"

namespace cleat::kinds::extensions {
namespace {

using Answers = std::multiset<std::string>;

Answers answersIn(const Findings& findings) {
  Answers answers;
  for (const StatusCause& cause : findings.causes()) {
    answers.insert(concat(cause.reason, "|", cause.field, "|", cause.message));
  }
  return answers;
}

Answers ours(JsonView question) {
  auto schema = test::schemaOf(*question.member("schema"));
  Findings findings;
  auto object = question.member("object"), old = question.member("old"), status = question.member("status");
  if (!object) {
    SchemaOptions options{.statusSubresource = status.value_or(JsonView()).boolean()};
    (void)compileSchema(schema.reader(), Path("spec.validation.openAPIV3Schema"), options, findings);
    return answersIn(findings);
  }
  auto compiled = compileChecked(schema.reader());
  if (compiled == nullptr) return {"the schema does not compile"};
  test::TestObject now(*object);
  if (old) {
    test::TestObject before(*old);
    validateUpdate(*compiled, now.get(), before.get(), findings);
  } else {
    validateObject(*compiled, now.get(), findings);
  }
  return answersIn(findings);
}

TEST(KubernetesAnswers, AreOurs) {
  std::ifstream file(CLEAT_SOURCE_DIR "/tests/plugins/kinds-apiextensions/schema/kubernetes_answers.jsonl");
  size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    Result<JsonTree> question = JsonTree::parse(line);
    ASSERT_TRUE(question) << line;
    Answers theirs;
    for (JsonView answer : question->view().member("findings")->items()) theirs.emplace(answer.text());
    EXPECT_EQ(ours(question->view()), theirs) << question->view().member("name")->text();
  }
  EXPECT_GT(count, 100u);
}

}  // namespace
}  // namespace cleat::kinds::extensions
