// SPDX-License-Identifier: Apache-2.0
#include "cas/store_health.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/base/temporary_folder.h"

namespace weir::cas {
namespace {

constexpr WallTime kThen{std::chrono::seconds(1'000)};
constexpr WallTime kLater{std::chrono::seconds(2'000)};

class EmptyStock : public Stock {
 public:
  uint64_t bytes() const override { return 0; }
  std::optional<uint64_t> free_bytes() const override { return free; }
  std::optional<uint64_t> free_files() const override { return std::nullopt; }
  std::vector<Candidate> idle_partials() const override { return partials; }
  Result<std::vector<Candidate>> idle_blobs() const override { return std::vector<Candidate>{}; }
  Result<bool> remove_partial(const Candidate&) override {
    partials.clear();
    return true;
  }
  Result<bool> remove_blob(const Candidate&) override { return false; }
  void remove_empty_folders() override {}

  uint64_t free = uint64_t{1} << 40;
  std::vector<Candidate> partials;
};

class StoreHealthTest : public testing::Test {
 protected:
  StoreHealthTest() { EXPECT_TRUE(prepare(layout_)); }

  // Something else has the folder's name.
  void block() {
    std::filesystem::remove(layout_.temporary());
    std::ofstream(layout_.temporary()) << "in the way";
  }
  void unblock() {
    std::filesystem::remove(layout_.temporary());
    std::filesystem::create_directory(layout_.temporary());
  }

  TemporaryFolder folder_;
  Layout layout_{folder_.path()};
  EmptyStock stock_;
  Options options_;
  Result<void> settled_;
  Space space_{options_, stock_};
  StoreHealth health_{layout_, space_, [this] { return settled_; }};
  const Error io_{ErrorCode::io, "a write failed"};
};

TEST_F(StoreHealthTest, is_good_at_first) {
  EXPECT_TRUE(health_.writable());
  EXPECT_FALSE(health_.trouble());
}

TEST_F(StoreHealthTest, one_file_that_could_not_be_stored_is_no_trouble) {
  health_.doubt({ErrorCode::no_space, "too large"}, kThen);
  EXPECT_TRUE(health_.writable());
  EXPECT_TRUE(std::filesystem::is_empty(layout_.temporary()));
}

TEST_F(StoreHealthTest, a_file_that_is_too_large_is_remembered_for_a_minute) {
  for (auto code : {ErrorCode::no_space, ErrorCode::over_limit}) {
    StoreHealth health(layout_, space_, [] { return Result<void>(); });
    health.doubt({code, "too large"}, kThen);
    EXPECT_TRUE(health.writable());
    auto misfit = health.misfit(kThen + kMisfitMemory - std::chrono::seconds(1));
    ASSERT_TRUE(misfit);
    EXPECT_EQ(misfit->reason, "too large");
    EXPECT_EQ(misfit->when, kThen);
    EXPECT_FALSE(health.misfit(kThen + kMisfitMemory));
  }
}

TEST_F(StoreHealthTest, a_write_that_failed_once_is_no_file_that_is_too_large) {
  health_.doubt(io_, kThen);
  EXPECT_FALSE(health_.misfit(kThen));
}

// No file may be larger than that while it lives.
class LargestFile {
 public:
  explicit LargestFile(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &usual_);
    rlimit limit{bytes, usual_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~LargestFile() {
    ::setrlimit(RLIMIT_FSIZE, &usual_);
    ::signal(SIGXFSZ, before_);
  }

 private:
  rlimit usual_{};
  sighandler_t before_ = ::signal(SIGXFSZ, SIG_IGN);
};

// What a quota leaves is nowhere to be seen.
TEST_F(StoreHealthTest, partial_blobs_go_where_there_seems_to_be_room) {
  stock_.partials = {{sha256("p"), 20, 1, 1}};
  LargestFile limit(1000);
  health_.doubt({ErrorCode::no_space, "no room"}, kThen);
  ASSERT_TRUE(health_.trouble());
  EXPECT_EQ(stock_.partials.size(), 1U);
  health_.check(kLater);
  EXPECT_TRUE(stock_.partials.empty());
  EXPECT_FALSE(health_.writable()) << "they were not what is in the way";
}

TEST_F(StoreHealthTest, partial_blobs_stay_where_they_are_not_in_the_way) {
  stock_.partials = {{sha256("p"), 20, 1, 1}};
  stock_.free = options_.min_free;
  health_.doubt({ErrorCode::no_space, "no room"}, kThen);
  ASSERT_TRUE(health_.trouble());
  health_.check(kLater);
  stock_.free = options_.min_free * 2;
  health_.check(kLater);
  EXPECT_TRUE(health_.writable());
  EXPECT_EQ(stock_.partials.size(), 1U);
}

TEST_F(StoreHealthTest, a_folder_that_takes_nothing_is_trouble_until_it_does) {
  block();
  health_.doubt(io_, kThen);
  ASSERT_TRUE(health_.trouble());
  EXPECT_FALSE(health_.writable());
  EXPECT_EQ(name_of(health_.trouble()->kind), "failing");
  EXPECT_EQ(health_.trouble()->since, kThen);
  health_.doubt(io_, kLater);
  health_.check(kLater);
  EXPECT_EQ(health_.trouble()->since, kThen);
  unblock();
  health_.check(kLater);
  EXPECT_TRUE(health_.writable());
  EXPECT_FALSE(health_.trouble());
}

TEST_F(StoreHealthTest, a_store_that_cannot_be_settled_is_trouble_until_it_is) {
  settled_ = fail(io_);
  health_.doubt(io_, kThen);
  ASSERT_TRUE(health_.trouble());
  EXPECT_EQ(health_.trouble()->reason, io_.message);
  health_.check(kLater);
  EXPECT_FALSE(health_.writable());
  settled_ = {};
  health_.check(kLater);
  EXPECT_TRUE(health_.writable());
}

TEST_F(StoreHealthTest, folders_that_went_come_back) {
  std::filesystem::remove_all(layout_.partials());
  health_.doubt(io_, kThen);
  EXPECT_TRUE(health_.writable());
  EXPECT_TRUE(std::filesystem::is_directory(layout_.partials()));
}

// Another disk was mounted, or this one taken away: nothing is made there.
TEST_F(StoreHealthTest, a_store_without_its_version_is_trouble) {
  std::filesystem::remove(layout_.version());
  std::filesystem::remove_all(layout_.partials());
  health_.doubt(io_, kThen);
  ASSERT_FALSE(health_.writable());
  EXPECT_NE(health_.trouble()->reason.find("version"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(layout_.partials()));
}

TEST_F(StoreHealthTest, wrong_bytes_are_no_trouble_of_the_disk) {
  block();
  health_.doubt({ErrorCode::digest_mismatch, "wrong"}, kThen);
  EXPECT_TRUE(health_.writable());
}

TEST_F(StoreHealthTest, is_full_where_nothing_may_be_taken_of_what_is_free) {
  stock_.free = options_.min_free;
  health_.doubt({ErrorCode::no_space, "no room"}, kThen);
  ASSERT_TRUE(health_.trouble());
  EXPECT_EQ(name_of(health_.trouble()->kind), "full");
  stock_.free = options_.min_free * 2;
  health_.check(kLater);
  EXPECT_TRUE(health_.writable());
}

TEST(StoreTroubleTest, tells_what_the_disk_is_to_blame_for) {
  EXPECT_EQ(trouble_in({ErrorCode::read_only, ""}), StoreTrouble::Kind::read_only);
  EXPECT_EQ(trouble_in({ErrorCode::no_descriptors, ""}), StoreTrouble::Kind::no_descriptors);
  EXPECT_EQ(trouble_in({ErrorCode::over_limit, ""}), std::nullopt);
}

}  // namespace
}  // namespace weir::cas
