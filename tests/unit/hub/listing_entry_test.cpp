// SPDX-License-Identifier: Apache-2.0
#include "hub/listing_entry.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace weir::hub {
namespace {

constexpr uint64_t kLimit = 100;

struct Case {
  std::string entry;
  EntryOutcome outcome;
  std::string stripped;  // when outcome is stripped
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.entry;
}

class ListingEntryTest : public testing::TestWithParam<Case> {};

TEST_P(ListingEntryTest, is_stripped_or_copied) {
  const auto& [entry, outcome, stripped] = GetParam();
  std::string out = "before ";
  EXPECT_EQ(strip_entry(entry, kLimit, out), outcome);
  EXPECT_EQ(out, "before " + (outcome == EntryOutcome::stripped ? stripped : entry));
}

constexpr auto kStripped = EntryOutcome::stripped;
constexpr auto kUnchanged = EntryOutcome::unchanged;
constexpr auto kOverLimit = EntryOutcome::over_limit;

INSTANTIATE_TEST_SUITE_P(
    Places, ListingEntryTest,
    testing::Values(Case{R"({"xetHash":"h","path":"a","size":1})", kStripped, R"({"path":"a","size":1})"},
                    Case{R"({"path":"a","xetHash":"h","size":1})", kStripped, R"({"path":"a","size":1})"},
                    Case{R"({"path":"a","size":1,"xetHash":"h"})", kStripped, R"({"path":"a","size":1})"},
                    Case{R"({"xetHash":"h"})", kStripped, "{}"},
                    Case{R"({ "xetHash" : "h" , "size" : 1 })", kStripped, R"({ "size" : 1 })"},
                    Case{"{\n  \"size\": 1,\n  \"xetHash\": \"h\"\n}", kStripped, "{\n  \"size\": 1\n}"},
                    Case{"{\n  \"a\": 1,\n  \"xetHash\": \"h\",\n  \"size\": 1\n}", kStripped,
                         "{\n  \"a\": 1,\n  \"size\": 1\n}"},
                    Case{R"({"xetHash":"h","size":1,"xetHash":"i"})", kStripped, R"({"size":1})"},
                    Case{R"({"xetHash":"h","xetHash":"i"})", kStripped, "{}"},
                    Case{R"({"xetHash":null,"size":1})", kStripped, R"({"size":1})"},
                    Case{R"({"xetHash":{"a":["}"]},"size":1})", kStripped, R"({"size":1})"}));

INSTANTIATE_TEST_SUITE_P(
    Sizes, ListingEntryTest,
    testing::Values(
        Case{R"({"size":100,"xetHash":"h"})", kStripped, R"({"size":100})"},
        Case{R"({"size":101,"xetHash":"h"})", kOverLimit, ""}, Case{R"({"xetHash":"h","size":101})", kOverLimit, ""},
        Case{R"({"xetHash":"h","lfs":{"oid":"o","size":101,"pointerSize":1}})", kOverLimit, ""},
        Case{R"({"xetHash":"h","lfs":{"size":100},"size":100})", kStripped, R"({"lfs":{"size":100},"size":100})"},
        Case{R"({"xetHash":"h","size":1,"lfs":{"size":101}})", kOverLimit, ""},
        Case{R"({"xetHash":"h","lfs":{"size":1},"size":101})", kOverLimit, ""},
        Case{R"({"xetHash":"h","size":1.01e2})", kOverLimit, ""},
        Case{R"({"xetHash":"h","size":1e2})", kStripped, R"({"size":1e2})"},
        Case{R"({"xetHash":"h","size":99999999999999999999999})", kStripped, R"({"size":99999999999999999999999})"},
        Case{R"({"xetHash":"h","size":-5})", kStripped, R"({"size":-5})"},
        Case{R"({"xetHash":"h","size":"101"})", kStripped, R"({"size":"101"})"},
        Case{R"({"xetHash":"h","size":null})", kStripped, R"({"size":null})"},
        Case{R"({"xetHash":"h","rfilename":"a"})", kStripped, R"({"rfilename":"a"})"},
        Case{R"({"xetHash":"h","other":{"size":101}})", kStripped, R"({"other":{"size":101}})"}));

INSTANTIATE_TEST_SUITE_P(Copied, ListingEntryTest,
                         testing::Values(Case{"{}", kUnchanged, ""}, Case{R"({"path":"a","size":1})", kUnchanged, ""},
                                         Case{R"({"path":"\"xetHash\"","size":1})", kUnchanged, ""},
                                         Case{R"({"path":"xetHash","size":1})", kUnchanged, ""},
                                         Case{R"({"lfs":{"xetHash":"h"},"size":1})", kUnchanged, ""},
                                         Case{R"({"xetEnabled":true,"size":1})", kUnchanged, ""},
                                         Case{R"({"xetHash":"h","size":1)", kUnchanged, ""},
                                         Case{R"({"xetHash":"h",})", kUnchanged, ""},
                                         Case{R"({"xetHash":"h" "size":1})", kUnchanged, ""},
                                         Case{R"(["xetHash"])", kUnchanged, ""}));

}  // namespace
}  // namespace weir::hub
