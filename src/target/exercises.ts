/** The catalogue that the stand-in backend serves: some 200 exercises, the same on every start. */
export interface Exercise {
  readonly id: string;
  readonly name: string;
  readonly muscle: string;
  readonly equipment: string;
  readonly level: string;
  readonly instructions: string;
}

export const muscles = ['chest', 'back', 'legs', 'shoulders', 'arms', 'core'] as const;
export const equipment = ['barbell', 'dumbbell', 'kettlebell', 'cable', 'machine', 'bodyweight'] as const;
const levels = ['beginner', 'intermediate', 'advanced'] as const;

const movements: Readonly<Record<(typeof muscles)[number], readonly string[]>> = {
  chest: ['Bench Press', 'Incline Press', 'Decline Press', 'Fly', 'Pullover', 'Push-Up'],
  back: ['Row', 'Pulldown', 'Deadlift', 'Pull-Up', 'Shrug', 'Good Morning'],
  legs: ['Squat', 'Lunge', 'Leg Press', 'Step-Up', 'Hip Thrust', 'Calf Raise'],
  shoulders: ['Overhead Press', 'Lateral Raise', 'Front Raise', 'Face Pull', 'Upright Row'],
  arms: ['Curl', 'Hammer Curl', 'Triceps Extension', 'Kickback', 'Skull Crusher'],
  core: ['Crunch', 'Plank', 'Leg Raise', 'Russian Twist', 'Woodchopper', 'Hollow Hold'],
};

const title = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** 204 exercises: every movement with every kind of equipment. */
export const exercises: readonly Exercise[] = muscles.flatMap((muscle) =>
  movements[muscle].flatMap((movement, m) =>
    equipment.map((tool, e): Exercise => {
      const name = `${title(tool)} ${movement}`;
      return {
        id: name.toLowerCase().replaceAll(' ', '-'),
        name,
        muscle,
        equipment: tool,
        level: levels[(m + e) % levels.length] ?? 'beginner',
        instructions: `Set up the ${tool}, brace, and perform the ${movement.toLowerCase()} through its full range with control. Rest, then repeat.`,
      };
    }),
  ),
);
