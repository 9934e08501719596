// SPDX-License-Identifier: Apache-2.0
#include "hub/json_members.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::hub {
namespace {

struct Walked {
  std::vector<std::string> members;  // "key=value"
  bool complete = false;
  std::string joined;  // all parts, put together again

  bool operator==(const Walked&) const = default;
};

Walked walk(std::string_view object) {
  Walked walked;
  JsonMembers members(object);
  walked.joined = "{";
  while (auto member = members.next()) {
    walked.members.push_back(std::string(member->key) + '=' + std::string(member->value));
    walked.joined += member->separator;
    walked.joined += member->text;
  }
  walked.complete = members.complete();
  if (walked.complete) walked.joined += members.rest();
  return walked;
}

TEST(JsonMembersTest, walks_all_members_and_loses_no_byte) {
  struct Case {
    std::string object;
    std::vector<std::string> members;
  };
  const Case cases[] = {
      {"{}", {}},
      {"{ \n\t}", {}},
      {R"({"a":1})", {"a=1"}},
      {R"({ "a" : 1 , "b":"x" , "c":null })", {"a=1", "b=\"x\"", "c=null"}},
      {R"({"a":{"b":[1,{"c":"}"}]},"d":[[],{}]})", {R"(a={"b":[1,{"c":"}"}]})", "d=[[],{}]"}},
      {R"({"a\"b":"\\","c":"\"}\u007d"})", {R"(a\"b="\\")", R"(c="\"}\u007d")"}},
      {R"({"a":-1.5e+10,"b":true})", {"a=-1.5e+10", "b=true"}},
  };
  for (const auto& each : cases) {
    auto walked = walk(each.object);
    EXPECT_EQ(walked.members, each.members);
    EXPECT_TRUE(walked.complete) << each.object;
    EXPECT_EQ(walked.joined, each.object);
  }
}

TEST(JsonMembersTest, no_beginning_of_an_object_is_complete) {
  const std::string object = R"({ "a" : {"b":[1,"\"}"]} , "c" : "d\\" , "e" : 12 })";
  ASSERT_TRUE(walk(object).complete);
  for (size_t size = 0; size < object.size(); ++size)
    EXPECT_FALSE(walk(std::string_view(object).substr(0, size)).complete) << size;
}

TEST(JsonMembersTest, what_is_not_well_formed_is_not_complete) {
  for (auto object : {"", "[]", "1", "{}x", "{} ", R"({"a"})", R"({"a":})", R"({"a":1,})", R"({,"a":1})",
                      R"({"a":1 "b":2})", R"({"a" 1})", R"({a:1})", R"({"a":[}]})", R"({"a":[1})", R"({"a":[1}})",
                      R"({"a":1:2})", R"({"a":1"b"})", R"({"a":1}})"})
    EXPECT_FALSE(walk(object).complete) << object;
}

}  // namespace
}  // namespace weir::hub
