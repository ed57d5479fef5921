/** When a conversation ends in which nobody writes. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Limit, WARNED } from "../src/limit.ts";

const MINUTE = 60_000;
const at = (ahead: number) => new Date(Date.now() + ahead).toISOString();

describe("the end of a conversation", () => {
  let told: () => Promise<string | null>;
  let changes: number;
  let asked: number;
  let limit: Limit;

  beforeEach(() => {
    vi.useFakeTimers({ now: new Date("2026-01-01T12:00:00Z") });
    [changes, asked] = [0, 0];
    limit = new Limit(
      () => {
        asked += 1;
        return told();
      },
      () => {
        changes += 1;
      },
    );
    limit.clock(at(0));
  });
  afterEach(() => vi.useRealTimers());

  test("is told a minute before, once it has been asked for again", async () => {
    const end = at(30 * MINUTE);
    told = async () => end;
    limit.at(end);
    await vi.advanceTimersByTimeAsync(29 * MINUTE - 1);
    expect([limit.endsAt, asked]).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(1);
    expect([limit.endsAt, asked, changes]).toEqual([Date.parse(end), 1, 1]);
    expect(limit.endsAt - Date.now()).toBe(WARNED);
  });

  test("is not told where somebody has written meanwhile", async () => {
    told = async () => at(20 * MINUTE);
    limit.at(at(30 * MINUTE));
    await vi.advanceTimersByTimeAsync(29 * MINUTE);
    expect([limit.endsAt, asked, changes]).toEqual([0, 1, 0]);
    told = async () => at(MINUTE);
    await vi.advanceTimersByTimeAsync(19 * MINUTE);
    expect([limit.endsAt > 0, asked]).toEqual([true, 2]);
  });

  test("is put off by who goes on", async () => {
    limit.at(at(MINUTE));
    expect(limit.endsAt).toBeGreaterThan(0);
    told = async () => at(30 * MINUTE);
    await limit.look();
    expect([limit.endsAt, changes]).toEqual([0, 2]);
  });

  test("is on the clock of the other side, which may be wrong here", () => {
    limit.clock(at(3 * 60 * MINUTE));
    limit.at(at(3 * 60 * MINUTE + MINUTE / 2));
    expect(limit.endsAt - Date.now()).toBe(MINUTE / 2);
    limit.clock(undefined);
    limit.clock("no time");
    limit.at(at(30 * MINUTE));
    expect(limit.endsAt).toBe(0);
  });

  test("may be none, or be far", async () => {
    limit.at(at(MINUTE));
    limit.at(null);
    expect(limit.endsAt).toBe(0);
    limit.at(at(100 * 24 * 60 * MINUTE));
    await vi.advanceTimersByTimeAsync(1_000);
    expect([limit.endsAt, asked]).toEqual([0, 0]);
  });

  test("stays as it is known while it cannot be asked for", async () => {
    told = () => Promise.reject(new Error("no connection"));
    limit.at(at(30 * MINUTE));
    await vi.advanceTimersByTimeAsync(40 * MINUTE);
    expect([limit.endsAt, asked]).toEqual([0, 1]);
  });
});
