// SPDX-License-Identifier: Apache-2.0
#include "hub/listing_filter.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <random>
#include <string>

namespace weir::hub {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kLimit = 100;

std::string filtered(std::string_view document, size_t cut) {
  ListingFilter filter(kLimit);
  std::string out;
  filter.feed(document.substr(0, cut), out);
  filter.feed(document.substr(cut), out);
  filter.finish(out);
  return out;
}

std::string filtered(std::string_view document) {
  return filtered(document, document.size());
}

struct Case {
  std::string_view name;
  std::string document;
  std::string expected;
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.name;
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  return std::string(info.param.name);
}

class ListingDocumentTest : public testing::TestWithParam<Case> {};

TEST_P(ListingDocumentTest, gives_the_same_at_every_cut) {
  for (size_t cut = 0; cut <= GetParam().document.size(); ++cut)
    ASSERT_EQ(filtered(GetParam().document, cut), GetParam().expected) << "cut after byte " << cut;
}

TEST_P(ListingDocumentTest, gives_the_same_byte_by_byte) {
  ListingFilter filter(kLimit);
  std::string out;
  for (char c : GetParam().document) filter.feed({&c, 1}, out);
  filter.finish(out);
  EXPECT_EQ(out, GetParam().expected);
}

Case unchanged(std::string_view name, std::string document) {
  return Case{name, document, document};
}

INSTANTIATE_TEST_SUITE_P(
    , ListingDocumentTest,
    testing::Values(
        Case{
            "tree",
            R"([{"type":"file","path":"a","size":1,"lfs":{"oid":"o","size":1},"xetHash":"h"},{"type":"directory","path":"b"}])",
            R"([{"type":"file","path":"a","size":1,"lfs":{"oid":"o","size":1}},{"type":"directory","path":"b"}])"},
        Case{"tree_with_space",
             "\n [ {\"xetHash\" : \"h\",\r\n \"size\" : 1} ,\t{ \"size\":101, \"xetHash\":\"i\" } ] \n",
             "\n [ {\"size\" : 1} ,\t{ \"size\":101, \"xetHash\":\"i\" } ] \n"},
        Case{
            "repository",
            R"({"id":"a/b","config":{"xetHash":"k"},"siblings":[{"rfilename":"x","xetHash":"h"},{"rfilename":"y","size":101,"xetHash":"h"}],"xetEnabled":true,"tags":[{"xetHash":"k"}]})",
            R"({"id":"a/b","config":{"xetHash":"k"},"siblings":[{"rfilename":"x"},{"rfilename":"y","size":101,"xetHash":"h"}],"xetEnabled":true,"tags":[{"xetHash":"k"}]})"},
        Case{"escapes_and_text_that_looks_like_json",
             R"([{"path":"\\\"},{\u005d","xetHash":"\\","size":1},"[{\"xetHash\":1}]",{"path":"é文"}])",
             R"([{"path":"\\\"},{\u005d","size":1},"[{\"xetHash\":1}]",{"path":"é文"}])"},
        Case{"siblings_twice", R"({"siblings":[{"xetHash":"h"}],"siblings":[{"xetHash":"h"}]})",
             R"({"siblings":[{}],"siblings":[{}]})"},
        unchanged("siblings_below",
                  R"({"a":{"siblings":[{"xetHash":"h"}]},"siblings2":[{"xetHash":"h"}],"sibling":[{"xetHash":"h"}]})"),
        unchanged("siblings_without_a_colon", R"({"siblings"[{"xetHash":"h"}]})"),
        unchanged("siblings_of_another_place", R"({"siblings":1,[{"xetHash":"h"}]})"),
        unchanged("siblings_as_a_value", R"({"a":"siblings","b":[{"xetHash":"h"}]})"),
        unchanged("siblings_that_are_no_array", R"({"siblings":{"xetHash":"h","a":[{"xetHash":"h"}]}})"),
        unchanged("deeper_than_an_entry", R"([[{"xetHash":"h"}],{"a":{"xetHash":"h"}},{"b":[{"xetHash":"h"}]}])"),
        unchanged("top_level_object", R"({"xetHash":"h","size":1})"),
        unchanged("token", R"({"accessToken":"xet","exp":1,"casUrl":"https://cas-server.xethub.hf.co"})"),
        unchanged("empty", ""), unchanged("empty_array", "[]"), unchanged("scalar", "\"[{\\\"xetHash\\\":1}]\""),
        unchanged("text", "Not Found [{\"xetHash\":1}]"), unchanged("error", R"({"error":"Repository not found"})"),
        unchanged("bracket_that_closes_nothing", R"(]{"xetHash":"h"}])"),
        Case{"wrong_bracket_in_the_second", R"([{"xetHash":"h"},{"xetHash":"h"],{"xetHash":"h"}])",
             R"([{},{"xetHash":"h"],{"xetHash":"h"}])"},
        Case{"cut_short_in_the_second", R"([{"xetHash":"h"},{"xetHash":"h")", R"([{},{"xetHash":"h")"},
        Case{"text_behind_the_end", R"([{"xetHash":"h"}][{"xetHash":"h"}])", R"([{}][{"xetHash":"h"}])"},
        Case{"odd_entry_between_good_ones", R"([{"xetHash":"h"},{"xetHash":"h",},{"xetHash":"h"}])",
             R"([{},{"xetHash":"h",},{}])"}),
    case_name);

TEST(ListingFilterTest, counts) {
  ListingFilter filter(kLimit);
  std::string out;
  filter.feed(R"([{"xetHash":"h","size":1},{"size":1},{"xetHash":"h"},{"xetHash":"h","size":101}])", out);
  EXPECT_EQ(filter.entries_stripped(), 2u);
  EXPECT_EQ(filter.entries_over_limit(), 1u);
}

TEST(ListingFilterTest, the_limit_is_that_of_plain_http) {
  ListingFilter filter;
  std::string out;
  filter.feed(R"([{"xetHash":"h","size":50000000000},{"xetHash":"h","size":50000000001}])", out);
  EXPECT_EQ(out, R"([{"size":50000000000},{"xetHash":"h","size":50000000001}])");
}

// Nothing but an open entry is held back.
TEST(ListingFilterTest, lets_go_of_all_but_an_open_entry) {
  ListingFilter filter(kLimit);
  std::string out;
  filter.feed(R"({"a":"open str)", out);
  EXPECT_EQ(out, R"({"a":"open str)");
  filter.feed(R"(","siblings":[ {"b")", out);
  EXPECT_EQ(out, R"({"a":"open str","siblings":[ )");
}

std::string entry_of_size(size_t size) {
  std::string entry = R"({"xetHash":"h","size":1,"path":""})";
  entry.insert(entry.size() - 2, size - entry.size(), 'p');
  return entry;
}

TEST(ListingFilterTest, holds_one_entry_of_its_limit_and_no_larger) {
  for (size_t chunk : {size_t{1} << 10, size_t{1} << 20}) {
    std::string document = '[' + entry_of_size(ListingFilter::kMaxEntry) + ',' +
                           entry_of_size(ListingFilter::kMaxEntry + 1) + ',' + R"({"xetHash":"h"}])";
    ListingFilter filter(kLimit);
    std::string out;
    for (size_t at = 0; at < document.size(); at += chunk) {
      filter.feed(std::string_view(document).substr(at, chunk), out);
      ASSERT_LE(std::min(at + chunk, document.size()), out.size() + ListingFilter::kMaxEntry + 64)
          << "held more than an entry";
    }
    EXPECT_EQ(filter.entries_stripped(), 2u);
    EXPECT_EQ(out.size(), document.size() - 2 * std::string_view(R"("xetHash":"h",)").size() + 1);
    EXPECT_NE(out.find(entry_of_size(ListingFilter::kMaxEntry + 1)), std::string::npos);
  }
}

TEST(ListingFilterTest, copies_from_where_it_nests_too_deep) {
  std::string deep(ListingFilter::kMaxDepth + 1, '[');
  EXPECT_EQ(filtered(deep), deep);
  std::string document = R"([{"xetHash":"h"},{"xetHash":"h","a":)" + deep;
  EXPECT_EQ(filtered(document), R"([{},{"xetHash":"h","a":)" + deep);
  std::string within = std::string(ListingFilter::kMaxDepth - 2, '[') + std::string(ListingFilter::kMaxDepth - 2, ']');
  EXPECT_EQ(filtered(R"([{"xetHash":"h","a":)" + within + "}]"), R"([{"a":)" + within + "}]");
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Json listing() {
    Json entries = Json::array();
    for (size_t count = below(12); count > 0; --count) entries.push_back(entry());
    if (below(2) == 0) return entries;
    Json repository = {{"id", text()}, {"tags", {text(), text()}}};
    if (below(2) == 0) repository["xetHash"] = text();
    repository["siblings"] = std::move(entries);
    repository["config"] = {{"siblings", {{{"xetHash", text()}}}}};
    return repository;
  }

  size_t below(size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random_); }

 private:
  Json entry() {
    static const char* const kKeys[] = {"path", "size", "xetHash", "lfs", "oid", "lastCommit"};
    if (below(10) == 0) return text();
    Json entry = Json::object();
    for (size_t count = below(7); count > 0; --count) {
      std::string key = kKeys[below(6)];
      if (key == "size")
        entry[key] = below(200);
      else if (key == "lfs")
        entry[key] = {{"sha256", text()}, {"size", below(200)}};
      else if (key == "lastCommit")
        entry[key] = {{"xetHash", text()}, {"list", {1, text(), nullptr}}};
      else
        entry[key] = text();
    }
    return entry;
  }

  std::string text() {
    static const char* const kTexts[] = {"",      "plain",    "\"xetHash\":", "back\\slash\\",
                                         "}],[{", "\n\t\x01", "é文",          "siblings"};
    return kTexts[below(8)];
  }

  std::mt19937 random_;
};

void strip_by_dom(Json& entry) {
  if (!entry.is_object() || !entry.contains("xetHash")) return;
  uint64_t size = entry.value("size", uint64_t{0});
  if (entry.contains("lfs")) size = std::max(size, entry["lfs"].value("size", uint64_t{0}));
  if (size <= kLimit) entry.erase("xetHash");
}

Json stripped_by_dom(Json listing) {
  if (listing.is_object()) {
    for (auto& entry : listing["siblings"]) strip_by_dom(entry);
  } else {
    for (auto& entry : listing) strip_by_dom(entry);
  }
  return listing;
}

// Written alike, the filter's output is what a DOM gives: in all forms of white space and cut anywhere.
TEST(ListingFilterTest, equals_a_dom_on_generated_listings) {
  Generator generate(20261121);
  for (int round = 0; round < 2000; ++round) {
    auto listing = generate.listing();
    std::string document = listing.dump();
    std::string out;
    ListingFilter filter(kLimit);
    for (std::string_view rest = document; !rest.empty();) {
      size_t chunk = std::min(rest.size(), generate.below(40) + 1);
      filter.feed(rest.substr(0, chunk), out);
      rest.remove_prefix(chunk);
    }
    filter.finish(out);
    ASSERT_EQ(out, stripped_by_dom(listing).dump()) << document;
    auto indented = Json::parse(filtered(listing.dump(2)), nullptr, false);
    ASSERT_EQ(indented, stripped_by_dom(listing)) << document;
  }
}

// Whatever comes, what is no listing passes, and no byte is held back at the end.
TEST(ListingFilterTest, damaged_listings_lose_nothing_but_hashes) {
  Generator generate(7);
  const std::string_view structure = "{}[],:\"\\x ";
  for (int round = 0; round < 2000; ++round) {
    auto document = generate.listing().dump();
    document[generate.below(document.size())] = structure[generate.below(10)];
    auto whole = filtered(document);
    EXPECT_LE(whole.size(), document.size());
    if (document.find("\"xetHash\"") == std::string::npos) {
      EXPECT_EQ(whole, document);
    }
    for (int i = 0; i < 5; ++i) ASSERT_EQ(filtered(document, generate.below(document.size())), whole) << document;
  }
}

TEST(ListingFilterTest, tells_whether_the_document_is_complete_at_every_cut) {
  auto complete = [](std::string_view document, size_t cut) {
    ListingFilter filter(kLimit);
    std::string out;
    filter.feed(document.substr(0, cut), out);
    filter.feed(document.substr(cut), out);
    filter.finish(out);
    return filter.complete();
  };
  for (std::string_view document : {"[]", " {\"siblings\":[{\"a\":\"]}\"}]} \r\n", "[{\"xetHash\":\"h\"}]\n"})
    for (size_t cut = 0; cut <= document.size(); ++cut) ASSERT_TRUE(complete(document, cut)) << document << cut;
  for (std::string_view document : {"", " ", "[", "[{\"a\":1}", "{\"a\":\"}", "[]x", "[][]", "[] ]", "[}", "]", "null",
                                    "\"a\"", "<html></html>", "[]  <p>"})
    for (size_t cut = 0; cut <= document.size(); ++cut) ASSERT_FALSE(complete(document, cut)) << document << cut;
  EXPECT_FALSE(
      complete(std::string(ListingFilter::kMaxDepth + 1, '[') + std::string(ListingFilter::kMaxDepth + 1, ']'), 0));
}

TEST(ListingFilterTest, tells_the_commit_at_every_cut) {
  auto commit_in = [](std::string_view document, size_t cut) {
    ListingFilter filter(kLimit);
    std::string out;
    filter.feed(document.substr(0, cut), out);
    filter.feed(document.substr(cut), out);
    filter.finish(out);
    return filter.commit();
  };
  const std::string document =
      R"({"id":"sha","author":{"sha":"not this"},"sha" : "0123456789abcdef","siblings":[{"rfilename":"sha","sha":"nor this"}]})";
  for (size_t cut = 0; cut <= document.size(); ++cut) ASSERT_EQ(commit_in(document, cut), "0123456789abcdef") << cut;
  EXPECT_EQ(commit_in(R"([{"sha":"0123"}])", 3), "");
  EXPECT_EQ(commit_in(R"({"sha":null,"x":"y"})", 3), "");
  EXPECT_LT(commit_in(R"({"sha":")" + std::string(10'000, 'a') + R"("})", 100).size(), 100U) << "it is bounded";
}

}  // namespace
}  // namespace weir::hub
