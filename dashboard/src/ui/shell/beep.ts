/** A short tone; two and higher where positions are at risk. Silent where audio is not allowed. */
export function beep(urgent: boolean): void {
  try {
    const audio = new AudioContext();
    const times = urgent ? [0, 0.25] : [0];
    for (const at of times) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = urgent ? 880 : 520;
      volume.gain.value = 0.08;
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.15);
    }
    setTimeout(() => void audio.close(), 1000);
  } catch {
    // A browser without audio stays silent.
  }
}
