/** A short sound for a line that nobody looks at. */

import type { Keep } from "./keep.ts";

/** Make a short sound for a line: in one tab, and not before the visitor has touched the page. */
export function ring(keep: Keep, id: string): void {
  if (keep.rung === id || navigator.userActivation?.hasBeenActive === false) return;
  keep.rung = id;
  // Two tabs that hear of it in one moment: who has the lock makes the sound. Only pages with TLS have locks.
  const { locks } = navigator as Partial<Navigator>;
  if (locks === undefined) sound();
  else void locks.request(`parley ${id}`, { ifAvailable: true }, (lock) => lock && sounded());
}

/** Make the sound, and keep the lock until every tab has heard of the line. */
function sounded(): Promise<void> {
  sound();
  return new Promise((resolve) => setTimeout(resolve, 5_000));
}

function sound(): void {
  const audio = new AudioContext();
  const [tone, volume] = [audio.createOscillator(), audio.createGain()];
  tone.frequency.value = 660;
  volume.gain.setValueAtTime(0.1, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.25);
  tone.connect(volume).connect(audio.destination);
  tone.onended = () => void audio.close();
  tone.start();
  tone.stop(audio.currentTime + 0.25);
}
