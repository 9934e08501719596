// SPDX-License-Identifier: Apache-2.0
#include "hub/listing_answer.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::hub {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Validity = ListingTerms::Validity;

const RepoName kRepo{RepoType::model, "org/model"};
const Asker kNobody;
const Asker kAlice{sha256("alice")};
const Asker kBob{sha256("bob")};
constexpr Duration kTtl{60'000};

Moment at(std::chrono::nanoseconds since) {
  auto offset = std::chrono::duration_cast<WallTime::duration>(since);
  return {MonotonicTime(since), WallTime(seconds(1'795'000'000) + offset)};
}

std::shared_ptr<const Answer> answer(std::chrono::nanoseconds asked, http::Fields fields = {}, std::string body = "") {
  return std::make_shared<const Answer>(Answer{kRepo, std::move(fields), std::move(body), at(asked).wall});
}

class ListingAnswerTest : public testing::Test {
 protected:
  explicit ListingAnswerTest(AccessOptions access = {}) : ledger_(access) {}

  static ListingTerms terms(const Asker& asker, Validity validity) { return {asker, validity, kTtl}; }

  // The hub's answer to `audience` at that time, as an asker finds it.
  void learn(const Asker& audience, std::chrono::nanoseconds when) {
    ledger_.permit(audience, kRepo, Right::metadata, at(when));
    if (audience == asker_)
      kept_.own = answer(when);
    else if (audience.anonymous())
      kept_.open = answer(when);
  }
  bool now(std::chrono::nanoseconds when, Validity validity = Validity::revision_ttl) {
    return answer_now(terms(asker_, validity), kept_, ledger_, at(when)) != nullptr;
  }
  bool offline(std::chrono::nanoseconds when) {
    return answer_offline(terms(asker_, Validity::revision_ttl), kept_, ledger_, at(when).wall) != nullptr;
  }

  Asker asker_ = kAlice;
  AccessLedger ledger_;
  KeptAnswers kept_;
};

TEST_F(ListingAnswerTest, what_is_said_of_a_branch_holds_for_the_ttl) {
  learn(kAlice, seconds(0));
  EXPECT_TRUE(now(seconds(59)));
  EXPECT_FALSE(now(seconds(60)));
  EXPECT_FALSE(now(-seconds(1))) << "the clock was set back";
}

class NoYesHolds : public ListingAnswerTest {
 protected:
  NoYesHolds() : ListingAnswerTest({Duration(0), Duration(0), Duration(0)}) {}
};

TEST_F(NoYesHolds, a_young_answer_needs_no_other_yes) {
  learn(kAlice, seconds(0));
  EXPECT_TRUE(now(seconds(59)));
  EXPECT_TRUE(now(seconds(59), Validity::for_ever));
  EXPECT_FALSE(now(seconds(60), Validity::for_ever));
}

TEST_F(ListingAnswerTest, what_is_said_of_a_commit_holds_while_the_yes_does) {
  learn(kAlice, seconds(0));
  EXPECT_FALSE(now(minutes(5), Validity::for_ever));
  ledger_.permit(kAlice, kRepo, Right::regular_files, at(minutes(5)));
  EXPECT_TRUE(now(minutes(5) + seconds(59), Validity::for_ever));
  EXPECT_FALSE(now(minutes(6), Validity::for_ever));
}

TEST_F(ListingAnswerTest, a_no_closes_even_a_young_answer) {
  learn(kAlice, seconds(0));
  ledger_.withdraw(kAlice, kRepo, Right::metadata);
  EXPECT_FALSE(now(seconds(1)));
  EXPECT_FALSE(now(seconds(1), Validity::for_ever));
  EXPECT_FALSE(offline(seconds(1)));
}

TEST_F(ListingAnswerTest, gating_closes_files_and_no_metadata) {
  learn(kAlice, seconds(0));
  ledger_.withdraw(kAlice, kRepo, Right::regular_files);
  EXPECT_TRUE(now(seconds(1)));
}

TEST_F(ListingAnswerTest, what_anybody_saw_is_everybodys) {
  learn(kNobody, seconds(0));
  EXPECT_TRUE(now(seconds(59)));
  EXPECT_FALSE(now(seconds(60)));
  EXPECT_TRUE(now(minutes(9), Validity::for_ever));
  EXPECT_FALSE(now(minutes(10), Validity::for_ever));
  EXPECT_TRUE(offline(hours(1000)));
}

TEST_F(ListingAnswerTest, an_own_yes_opens_what_anybody_saw) {
  learn(kNobody, seconds(0));
  ledger_.withdraw(kNobody, kRepo, Right::metadata);
  EXPECT_FALSE(now(seconds(1), Validity::for_ever));
  ledger_.permit(kAlice, kRepo, Right::metadata, at(seconds(1)));
  EXPECT_TRUE(now(seconds(2), Validity::for_ever));
}

TEST_F(ListingAnswerTest, another_clients_yes_opens_nothing) {
  learn(kNobody, seconds(0));
  ledger_.withdraw(kNobody, kRepo, Right::metadata);
  ledger_.permit(kBob, kRepo, Right::all_files, at(seconds(1)));
  EXPECT_FALSE(now(seconds(2)));
  EXPECT_FALSE(now(seconds(2), Validity::for_ever));
  EXPECT_FALSE(offline(seconds(2)));
}

TEST_F(ListingAnswerTest, offline_the_age_does_not_matter_and_the_grace_does) {
  learn(kAlice, seconds(0));
  EXPECT_TRUE(offline(hours(23)));
  EXPECT_FALSE(offline(hours(24)));
}

TEST_F(ListingAnswerTest, offline_a_public_repository_opens_no_answer_of_one_who_was_refused_since) {
  learn(kAlice, seconds(0));
  ledger_.withdraw(kAlice, kRepo, Right::metadata);
  learn(kNobody, seconds(1));
  auto found = answer_offline(terms(kAlice, Validity::revision_ttl), kept_, ledger_, at(seconds(2)).wall);
  EXPECT_EQ(found, kept_.open);
}

TEST_F(ListingAnswerTest, offline_the_newest_is_taken) {
  learn(kAlice, seconds(0));
  learn(kNobody, seconds(5));
  auto find = [&] { return answer_offline(terms(kAlice, Validity::revision_ttl), kept_, ledger_, at(hours(1)).wall); };
  EXPECT_EQ(find(), kept_.open);
  learn(kAlice, seconds(9));
  EXPECT_EQ(find(), kept_.own);
}

// The yes that counts is the one for the repository that the redirect leads to.
TEST_F(ListingAnswerTest, where_a_repository_has_moved_is_for_who_may_read_it_there) {
  const RepoName there{RepoType::model, "new/model"};
  Answer moved{there, {{"Location", "/api/models/new/model"}}, "", at(seconds(0)).wall};
  kept_.own = std::make_shared<const Answer>(moved);
  ledger_.permit(kAlice, kRepo, Right::all_files, at(seconds(0)));
  EXPECT_FALSE(now(seconds(1)));
  EXPECT_FALSE(offline(seconds(1)));
  ledger_.permit(kAlice, there, Right::metadata, at(seconds(0)));
  EXPECT_TRUE(now(seconds(1)));
  EXPECT_TRUE(offline(hours(1)));
  EXPECT_FALSE(now(seconds(61))) << "it is asked again";
  EXPECT_FALSE(now(seconds(61), Validity::for_ever)) << "of a commit too";
  ledger_.withdraw(kAlice, there, Right::metadata);
  EXPECT_FALSE(offline(seconds(62)));
}

TEST_F(ListingAnswerTest, nothing_is_made_of_nothing) {
  ledger_.permit(kAlice, kRepo, Right::all_files, at(seconds(0)));
  EXPECT_FALSE(now(seconds(1)));
  EXPECT_FALSE(offline(seconds(1)));
}

// A client without credentials has one answer: its own.
TEST_F(ListingAnswerTest, without_credentials) {
  asker_ = kNobody;
  learn(kNobody, seconds(0));
  EXPECT_TRUE(now(seconds(59)));
  EXPECT_TRUE(now(minutes(9), Validity::for_ever));
  EXPECT_TRUE(offline(hours(1000)));
  ledger_.withdraw(kNobody, kRepo, Right::metadata);
  EXPECT_FALSE(offline(seconds(1)));
}

http::RequestHead request(std::string method, http::Fields fields = {}) {
  http::RequestHead head;
  head.method = std::move(method);
  head.target = "/api/models/org/model";
  head.fields = std::move(fields);
  return head;
}

TEST(ListingNameTest, is_what_the_answer_depends_on) {
  auto name = [](std::string method, http::Fields fields, std::string_view body) {
    return listing_name(kAlice, request(std::move(method), std::move(fields)), "huggingface.co", body);
  };
  EXPECT_EQ(name("HEAD", {}, ""), name("GET", {}, ""));
  EXPECT_NE(name("GET", {{"Accept", "a/b"}}, ""), name("GET", {}, ""));
  EXPECT_EQ(name("GET", {{"User-Agent", "a"}}, ""), name("GET", {}, ""));
  EXPECT_NE(name("POST", {}, "paths=a"), name("POST", {}, "paths=b"));
  EXPECT_NE(name("POST", {{"Content-Type", "a/b"}}, "paths=a"), name("POST", {}, "paths=a"));
  EXPECT_EQ(name("GET", {}, "").audience, kAlice);
}

TEST(ListingNameTest, some_requests_are_not_plain) {
  EXPECT_TRUE(is_plain_listing(request("GET", {{"If-None-Match", "\"a\""}})));
  for (auto field : {"Origin", "If-Match", "If-Unmodified-Since"})
    EXPECT_FALSE(is_plain_listing(request("GET", {{field, "x"}}))) << field;
}

TEST(KeptListingTest, varies_by_known_fields_alone) {
  EXPECT_TRUE(is_kept_listing({}));
  EXPECT_TRUE(is_kept_listing({{"Vary", "Origin, accept"}, {"Vary", "Accept-Encoding"}}));
  EXPECT_FALSE(is_kept_listing({{"Vary", "Origin, X-Of-The-Hub"}}));
  EXPECT_FALSE(is_kept_listing({{"Vary", "*"}}));
}

TEST(KeptListingTest, keeps_what_clients_need_and_nothing_of_the_exchange) {
  http::Fields kept = kept_listing_fields({{"Content-Type", "application/json"},
                                           {"X-Repo-Commit", "c"},
                                           {"Link", "<https://a/b>; rel=\"next\""},
                                           {"ETag", "W/\"e\""},
                                           {"Set-Cookie", "secret"},
                                           {"Content-Length", "5"},
                                           {"Accept-Ranges", "bytes"},
                                           {"X-Request-Id", "1"},
                                           {"Date", "today"}});
  EXPECT_EQ(kept, (http::Fields{{"Content-Type", "application/json"},
                                {"X-Repo-Commit", "c"},
                                {"Link", "<https://a/b>; rel=\"next\""},
                                {"ETag", "W/\"e\""}}));
}

TEST(KeptListingTest, an_edited_body_has_an_etag_of_its_own) {
  for (auto theirs : {"\"abc\"", "W/\"abc\""}) {
    http::Fields fields{{"ETag", theirs}, {"Accept-Ranges", "bytes"}};
    mark_edited(fields);
    EXPECT_EQ(fields, (http::Fields{{"ETag", "W/\"abc-weir\""}})) << theirs;
  }
  http::Fields odd{{"ETag", "abc"}};
  mark_edited(odd);
  EXPECT_TRUE(odd.empty());
}

TEST(KeptListingTest, names_its_commit) {
  const std::string commit(40, 'a');
  EXPECT_EQ(commit_in(*answer(seconds(0), {{"X-Repo-Commit", commit}}, "[]")), commit);
  EXPECT_EQ(commit_in(*answer(seconds(0), {}, R"({"sha":")" + commit + R"("})")), commit);
  EXPECT_EQ(commit_in(*answer(seconds(0), {}, R"([{"sha":")" + commit + R"("}])")), "");
}

}  // namespace
}  // namespace weir::hub
