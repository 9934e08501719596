// SPDX-License-Identifier: Apache-2.0
#include "upstream/public_probe.h"

#include <gmock/gmock.h>

#include <mutex>
#include <vector>

#include "base/digest.h"
#include "tests/component/upstream/origin_fixture.h"

namespace weir::upstream {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kFile = "https://hub.test/org/name/resolve/main/model.bin";
// Of an LFS file.
const std::string kGiven = "HTTP/1.1 302 Found\r\nX-Repo-Commit: 0123\r\nX-Linked-ETag: \"" + sha256("").hex() +
                           "\"\r\nLocation: https://cdn.test/x\r\nContent-Length: 9\r\n\r\n";
const std::string kRefused = "HTTP/1.1 401 Unauthorized\r\nX-Repo-Commit: 0123\r\nContent-Length: 9\r\n\r\n";

class PublicProbeTest : public OriginFixture {
 protected:
  // The server gives these answers one after another, the last one for ever.
  void serve_answers(std::vector<std::string> answers) {
    serve([this, answers = std::move(answers)](fakes::TlsConnection& connection) {
      for (;;) {
        auto head = connection.read_head();
        if (head.empty()) return;
        std::unique_lock lock(mutex_);
        auto answer = answers[std::min(heads_.size(), answers.size() - 1)];
        heads_.push_back(std::move(head));
        lock.unlock();
        if (!connection.write(answer)) return;
      }
    });
  }

  PublicProbe& probe() {
    if (!probe_) probe_ = std::make_unique<PublicProbe>(loop_, client(), "weir-test", probe_options_);
    return *probe_;
  }

  // Asks and waits for the answer.
  Publicity answer(const std::string& url) {
    std::optional<Publicity> told;
    auto ticket = probe().ask(url, [&](Publicity publicity) {
      told = publicity;
      loop_.stop();
    });
    EXPECT_FALSE(told) << "told from within ask()";
    run();
    return told.value_or(Publicity::unknown);
  }

  std::vector<std::string> heads() {
    std::lock_guard lock(mutex_);
    return heads_;
  }

  ProbeOptions probe_options_;
  std::unique_ptr<PublicProbe> probe_;

 private:
  std::mutex mutex_;
  std::vector<std::string> heads_;  // guarded by mutex_
};

TEST_F(PublicProbeTest, asks_without_credentials) {
  serve_answers({kGiven});
  EXPECT_EQ(answer(kFile), Publicity::everybody);
  EXPECT_THAT(heads(), ElementsAre(AllOf(StartsWith("HEAD /org/name/resolve/main/model.bin HTTP/1.1\r\n"),
                                         HasSubstr("Via: 1.1 weir-test\r\n"), Not(HasSubstr("Authorization")),
                                         Not(HasSubstr("Cookie")))));
}

TEST_F(PublicProbeTest, judges_what_the_hub_says) {
  probe_options_.keep = probe_options_.keep_unknown = Duration(0);
  struct {
    std::string answer;
    Publicity publicity;
  } const cases[] = {
      {kGiven, Publicity::everybody},
      {"HTTP/1.1 200 OK\r\nX-Repo-Commit: 0123\r\nContent-Length: 9\r\n\r\n", Publicity::everybody},
      {kRefused, Publicity::some},
      {"HTTP/1.1 403 Forbidden\r\nX-Repo-Commit: 0123\r\nContent-Length: 9\r\n\r\n", Publicity::some},
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n", Publicity::some},
      {"HTTP/1.1 302 Found\r\nLocation: https://hub.test/login\r\nContent-Length: 0\r\n\r\n", Publicity::some},
      {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n", Publicity::some},
      {"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 9\r\n\r\n", Publicity::unknown},
      {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 9\r\n\r\n", Publicity::unknown}};
  std::vector<std::string> answers;
  for (const auto& each : cases) answers.push_back(each.answer);
  serve_answers(answers);
  for (const auto& each : cases) EXPECT_EQ(answer(kFile), each.publicity) << each.answer;
}

TEST_F(PublicProbeTest, a_hub_that_cannot_be_reached_says_nothing) {
  serve([](fakes::TlsConnection& connection) { connection.reset(); });
  EXPECT_EQ(answer(kFile), Publicity::unknown);
  EXPECT_EQ(probe().known(kFile, monotonic_now()), Publicity::unknown);
  EXPECT_EQ(probe().known(kFile, monotonic_now() + Duration(11'000)), std::nullopt);
}

TEST_F(PublicProbeTest, an_answer_holds_for_the_repository_at_that_revision) {
  serve_answers({kGiven, kRefused});
  EXPECT_EQ(answer(kFile), Publicity::everybody);
  EXPECT_EQ(answer("https://hub.test/org/name/resolve/main/another.bin"), Publicity::everybody);
  EXPECT_EQ(heads().size(), 1U);
  EXPECT_EQ(answer("https://hub.test/org/name/resolve/other/model.bin"), Publicity::some);
  EXPECT_EQ(answer("https://hub.test/datasets/org/name/resolve/main/model.bin"), Publicity::some);
  EXPECT_EQ(answer("https://hub.test/org/name2/resolve/main/model.bin"), Publicity::some);
  EXPECT_EQ(heads().size(), 4U);
}

// The README of a gated repository is there for everybody.
TEST_F(PublicProbeTest, a_regular_file_speaks_for_itself_alone) {
  const std::string readme = "https://hub.test/org/name/resolve/main/README.md";
  serve_answers({"HTTP/1.1 200 OK\r\nX-Repo-Commit: 0123\r\nContent-Length: 9\r\n\r\n", kRefused});
  EXPECT_EQ(answer(readme), Publicity::everybody);
  EXPECT_EQ(answer(readme), Publicity::everybody);
  EXPECT_EQ(heads().size(), 1U);
  EXPECT_EQ(probe().known(kFile, monotonic_now()), std::nullopt);
  EXPECT_EQ(answer(kFile), Publicity::some);
  EXPECT_EQ(answer(readme), Publicity::everybody);
  EXPECT_EQ(heads().size(), 2U);
}

TEST_F(PublicProbeTest, an_answer_holds_for_ten_minutes) {
  serve_answers({kGiven});
  answer(kFile);
  auto now = monotonic_now();
  EXPECT_EQ(probe().known(kFile, now + Duration(590'000)), Publicity::everybody);
  EXPECT_EQ(probe().known(kFile, now + Duration(600'000)), std::nullopt);
}

TEST_F(PublicProbeTest, a_renamed_repository_is_followed_at_the_same_host) {
  probe_options_.keep = Duration(0);
  auto moved = [](const std::string& to) {
    return "HTTP/1.1 307 Temporary Redirect\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n";
  };
  serve_answers({moved("/new/name/resolve/main/model.bin"), kRefused, moved("https://evil.test/a/b/resolve/main/x"),
                 moved("/org/name/resolve/main/model.bin")});
  EXPECT_EQ(answer(kFile), Publicity::some);
  EXPECT_EQ(heads().size(), 2U);
  EXPECT_THAT(heads()[1], StartsWith("HEAD /new/name/resolve/main/model.bin "));
  EXPECT_EQ(answer(kFile), Publicity::some) << "another host";
  EXPECT_EQ(answer(kFile), Publicity::some) << "for ever";
  EXPECT_EQ(heads().size(), 7U);
}

TEST_F(PublicProbeTest, those_who_ask_at_the_same_time_share_one_question) {
  serve_answers({kGiven});
  int told = 0;
  auto tell = [&](Publicity publicity) {
    EXPECT_EQ(publicity, Publicity::everybody);
    if (++told == 2) loop_.stop();
  };
  auto one = probe().ask(kFile, tell);
  auto gone = probe().ask(kFile, [](Publicity) { ADD_FAILURE() << "it has let go"; });
  auto two = probe().ask(kFile, tell);
  gone.reset();
  run();
  EXPECT_EQ(told, 2);
  EXPECT_EQ(heads().size(), 1U);
}

TEST_F(PublicProbeTest, one_who_is_told_may_end_all) {
  serve_answers({kGiven});
  std::unique_ptr<ProbeTicket> one;
  std::unique_ptr<ProbeTicket> two;
  one = probe().ask(kFile, [&](Publicity) {
    one.reset();
    two.reset();
    probe_.reset();
    loop_.stop();
  });
  two = probe().ask(kFile, [](Publicity) { ADD_FAILURE() << "it has let go"; });
  run();
  EXPECT_EQ(probe_, nullptr);
}

TEST_F(PublicProbeTest, an_end_in_the_middle_tells_nobody) {
  serve([this](fakes::TlsConnection& connection) {
    connection.read_head();
    loop_.stop();
    connection.wait_for_end();
  });
  auto ticket = probe().ask(kFile, [](Publicity) { ADD_FAILURE() << "the probe has ended"; });
  run();
  probe_.reset();
}

TEST_F(PublicProbeTest, what_is_no_file_of_the_hub_is_not_public) {
  for (const auto* url : {"https://hub.test/api/models/org/name", "http://hub.test/a/b/resolve/main/x", "", "x"}) {
    EXPECT_EQ(answer(url), Publicity::some) << url;
    EXPECT_EQ(probe().known(url, monotonic_now()), Publicity::some);
  }
}

}  // namespace
}  // namespace weir::upstream
